import type { SubrunNode } from '../core/definition/definition.js';
import type { RunId } from '../core/ids.js';
import type { ChildPlan } from '../core/subrun/subruns.js';
import type { ChildProgram } from './activities.js';
import type { RootLink } from './parent-link.js';
import type { StartRequest } from './start-request.js';

/** Who starts a sub-run. */
export interface Parent {
  readonly request: StartRequest;
  readonly temporalWorkflowId: string;
  /** In whose box the parent works: its root's, or its own. */
  readonly root: RootLink;
}

/** Which sub-run, and under which ids. */
export interface Birth {
  readonly node: SubrunNode;
  readonly index: number;
  readonly plan: ChildPlan;
  readonly program: ChildProgram;
  /** Of a child that is not resumed. */
  readonly newRunId: RunId;
  readonly startToken: string;
}

/** Everything that a sub-run is started with. What is not its own it has from its parent. */
export function childRequest({ request, temporalWorkflowId, root }: Parent, birth: Birth): StartRequest {
  const { worktree: _ofTheParent, ...inherited } = request;
  const { node, index, plan, program, newRunId, startToken } = birth;
  const { hash, message, inputs, inputValues, former } = plan;
  const resumed = former?.kind === 'ended' ? former : null;
  return {
    ...inherited,
    ...program,
    ...{ runId: resumed?.runId ?? newRunId, startToken, message, inputs },
    resume: resumed && { epoch: resumed.epoch, error: resumed.error },
    parent: {
      ...{ runId: request.runId, temporalWorkflowId, nodeId: node.id, hash, inputValues, root },
      index: node.fanOut === null ? null : index,
      ancestry: [...ancestryOf(request)],
    },
  };
}

/** Names of workflows from the root's to the run's own. */
export function ancestryOf({ parent, definition }: StartRequest): readonly string[] {
  return [...(parent?.ancestry ?? []), definition.name];
}
