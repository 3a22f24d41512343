import type { Graph } from '../definition/definition.js';
import { RunError } from '../errors.js';
import type { NodeId } from '../ids.js';
import { isJsonObject } from '../json.js';
import { isIdle } from '../subrun/delegating.js';
import { withoutPlans } from '../subrun/evolve-subruns.js';
import type { LoopingState } from './loop-state.js';
import { makePlan } from './plan.js';
import { progressOf } from './progress.js';
import type { NodeState, RunState } from './run-state.js';
import { bodyOf, isLooper } from './turns.js';

const VERSION = 1;

/** What a run takes along when it continues as new. Plain JSON; plan, inputs and bookkeeping are made anew. */
export interface RunSnapshot extends Omit<RunState, 'plan' | 'inputs' | 'nodes' | 'progress'> {
  readonly version: number;
  /** In the order of the definition. */
  readonly nodes: readonly CarriedNode[];
}

interface CarriedNode {
  readonly id: NodeId;
  readonly state: Exclude<NodeState, LoopingState> | CarriedLoop;
}

interface CarriedLoop extends Omit<LoopingState, 'body'> {
  readonly body: RunSnapshot;
}

/**
 * @throws RunError `INTERNAL` while an attempt runs: continuing as new would abort it, and nobody would know
 */
export function toSnapshot(state: RunState): RunSnapshot {
  const { plan, nodes, inputs: _inputs, progress: _progress, ...rest } = state;
  if (nodes.some(isAtWork)) {
    throw new RunError('INTERNAL', 'a run cannot continue as new while a node runs; wait until none does');
  }
  const carriedNodes = [...plan.positionOf].flatMap(([id, position]) => {
    const node = nodes[position];
    if (!node) return [];
    return [{ id, state: carried(node) }];
  });
  return { version: VERSION, ...rest, nodes: carriedNodes };
}

function carried(node: NodeState): CarriedNode['state'] {
  if (node.status === 'looping') return { ...node, body: toSnapshot(node.body) };
  return node.status === 'delegating' ? { ...node, subruns: withoutPlans(node.subruns) } : node;
}

/** An activity of its own is open for it; those of a body are looked at with the body. */
function isAtWork(node: NodeState): boolean {
  if (node.status === 'delegating') return !isIdle(node);
  return node.status === 'running' || (node.status === 'looping' && node.phase.kind === 'checking');
}

/**
 * The run that continues. Its timers did not come along: a retry that was scheduled is due again.
 * @param inputs those of the start request
 * @throws RunError `CONTRACT_TOO_NEW` · `INTERNAL` when the snapshot is of another definition
 */
export function fromSnapshot(
  graph: Graph,
  inputs: Readonly<Record<string, string>>,
  value: unknown,
): RunState {
  const snapshot = parseSnapshot(graph, value);
  const { version: _version, nodes: carriedNodes, ...rest } = snapshot;
  const plan = makePlan(graph);
  const nodes = carriedNodes.map(({ state }, position): NodeState => {
    if (state.status === 'retrying') return { ...state, isScheduled: false };
    if (state.status !== 'looping') return state;
    return { ...state, body: fromSnapshot(bodyAt(graph, position), inputs, state.body) };
  });
  const progress = progressOf(plan, nodes);
  return { ...rest, plan, inputs, nodes, progress };
}

/** A body that the definition does not have fits no snapshot. */
function bodyAt({ schedule, nodes }: Graph, position: number): Graph {
  const group = nodes[position];
  return group && isLooper(group) ? bodyOf(group) : { schedule, nodes: [] };
}

function parseSnapshot(graph: Graph, value: unknown): RunSnapshot {
  const version = isJsonObject(value) ? value['version'] : undefined;
  if (typeof version === 'number' && version > VERSION) {
    throw new RunError(
      'CONTRACT_TOO_NEW',
      `the run was carried on by a newer worker (its snapshot is version ${version}, this worker reads ${VERSION}); replace the worker with the newer version`,
    );
  }
  const snapshot = value as RunSnapshot;
  if (version !== VERSION || !fits(graph, snapshot)) {
    throw new RunError(
      'INTERNAL',
      'what the run carried along does not fit its definition; cancel the run and start it again',
    );
  }
  return snapshot;
}

function fits(graph: Graph, { nodes }: Partial<RunSnapshot>): boolean {
  return (
    nodes?.length === graph.nodes.length &&
    nodes.every(({ id }, position) => id === graph.nodes[position]?.id)
  );
}
