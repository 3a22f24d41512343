import type { ApprovalNode, Node, WorkflowDefinition } from '../definition/definition.js';
import type { NodeState, RunOutcome, RunState } from './run-state.js';

/**
 * What a run looks like from outside. `paused`: nothing but gates is left to wait for. `cancelling`: it is
 * being ended early, and something of it is still active.
 */
export type RunStatus = 'running' | 'paused' | 'cancelling' | RunOutcome['status'];

export function runStatus(state: RunState): RunStatus {
  if (state.outcome) return state.outcome.status;
  if (isEnding(state)) return 'cancelling';
  const { active, frontier } = state.progress;
  const isWaiting = active.every((position) => state.nodes[position]?.status === 'waiting');
  return active.length > 0 && frontier.length === 0 && isWaiting ? 'paused' : 'running';
}

/** The run is being ended early: nothing new begins. */
export function isEnding(state: RunState): boolean {
  return state.cancellation !== null || state.abort !== null;
}

/**
 * Whether attempts that still run are to be stopped. A `cancel` node is part of the graph and lets its
 * siblings finish; people, and failures of the run itself, mean now.
 */
export function mustStopAttempts(definition: WorkflowDefinition, state: RunState): boolean {
  if (state.abort) return true;
  if (!state.cancellation) return false;
  const { nodeId } = state.cancellation;
  const position = nodeId === null ? undefined : state.plan.positionOf.get(nodeId);
  return position === undefined || definition.nodes[position]?.kind !== 'cancel';
}

/** A node that runs, waits for its next attempt, or waits for a person. */
export interface ActiveNode {
  readonly node: Node;
  readonly state: Extract<NodeState, { readonly status: 'running' | 'retrying' | 'waiting' }>;
}

/** In definition order. */
export function activeNodes(definition: WorkflowDefinition, state: RunState): readonly ActiveNode[] {
  return state.progress.active.flatMap((position) => {
    const node = definition.nodes[position];
    const current = state.nodes[position];
    const isActive =
      current?.status === 'running' || current?.status === 'retrying' || current?.status === 'waiting';
    return node && isActive ? [{ node, state: current }] : [];
  });
}

export interface OpenGate {
  readonly node: ApprovalNode;
  /** As the reviewer reads it, references filled in. */
  readonly message: string;
  readonly openedAt: string;
}

/** Gates that wait for a person, the one opened first at the front. */
export function waitingGates(definition: WorkflowDefinition, state: RunState): readonly OpenGate[] {
  const gates = activeNodes(definition, state).flatMap(({ node, state: current }) =>
    node.kind === 'approval' && current.status === 'waiting'
      ? [{ node, message: current.message, openedAt: current.openedAt }]
      : [],
  );
  return gates.sort((a, b) => (a.openedAt < b.openedAt ? -1 : a.openedAt > b.openedAt ? 1 : 0));
}
