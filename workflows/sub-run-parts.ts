import type { CancellationScope } from '@temporalio/workflow';
import type { SubrunNode } from '../src/core/definition/definition.js';
import { RunError } from '../src/core/errors.js';
import type { NodeId } from '../src/core/ids.js';
import type { DelegatingState } from '../src/core/subrun/delegating.js';
import type { Admission } from './admit.js';
import type { LiveRun } from './live-run.js';
import type { RunVariables } from './run-variables.js';

/** What sub-runs need of whoever performs the run's actions. */
export interface SubrunParts {
  readonly run: LiveRun;
  readonly admission: Admission;
  readonly variables: RunVariables;
  /** Cancelled when the run's attempts are to be stopped. */
  readonly scope: CancellationScope;
  /** Counts work as open until it has ended, then tells what came of it. */
  readonly follow: <Result>(work: Promise<Result>, then: (result: Result) => void) => void;
}

/** A node at work on its sub-runs, as it is now. */
export interface Delegating extends DelegatingState {
  readonly node: SubrunNode;
}

export function delegatingAt({ run }: SubrunParts, nodeId: NodeId): Delegating {
  const { definition, state } = run;
  const position = state.plan.positionOf.get(nodeId) ?? -1;
  const [node, current] = [definition.nodes[position], state.nodes[position]];
  if (node?.kind === 'workflow' && current?.status === 'delegating') return { ...current, node };
  throw new RunError('INTERNAL', `node '${nodeId}' is not at work on sub-runs`);
}
