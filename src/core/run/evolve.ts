import type { Node, WorkflowDefinition } from '../definition/definition.js';
import { RunError } from '../errors.js';
import { decideGate } from './gate.js';
import { makePlan } from './plan.js';
import { isSettled, mayBegin, progressAfter, progressOf } from './progress.js';
import { retryDelayMs } from './retry.js';
import type { Cancellation, NodeState, RunEvent, RunState } from './run-state.js';
import { isEnding } from './run-status.js';

type NodeEvent = Extract<RunEvent, { readonly nodeId: unknown }>;
type NodeEventOf<Type extends NodeEvent['type']> = Extract<NodeEvent, { readonly type: Type }>;
type DecisionEvent = NodeEventOf<'gateDecided'>;
type MovingEvent = Exclude<NodeEvent, DecisionEvent>;

/** A run at its very beginning. */
export function initialState(
  definition: WorkflowDefinition,
  inputs: Readonly<Record<string, string>>,
): RunState {
  const plan = makePlan(definition);
  const nodes = definition.nodes.map((): NodeState => ({ status: 'pending' }));
  return {
    plan,
    inputs,
    nodes,
    progress: progressOf(plan, nodes),
    startedAt: null,
    lastDecision: null,
    cancellation: null,
    abort: null,
    outcome: null,
  };
}

/**
 * The state after one event. Pure; the state it gets is never changed.
 *
 * R5  An event that does not fit where its node or its run is (a second decision, a timer that lost its race,
 *     an attempt that is over) changes nothing: the very state that went in comes back. First come, first
 *     served, and whoever must know compares the two.
 * R6  Nothing moves a settled node, and nothing follows an outcome.
 * R7  `progress` always equals what is counted from `nodes`.
 * R8  Ending a run early drops its waiting gates and fails the nodes that wait for another attempt.
 * @throws RunError `EVENT_FOR_UNKNOWN_NODE`
 */
export function evolve(definition: WorkflowDefinition, state: RunState, event: RunEvent): RunState {
  if ('nodeId' in event) return afterNodeEvent(definition, state, event);
  if (state.outcome) return state;
  switch (event.type) {
    case 'runStarted':
      return state.startedAt === null ? { ...state, startedAt: event.at } : state;
    case 'cancelRequested':
      return afterCancellation(state, event.cancellation);
    case 'runAborted':
      return state.abort ? state : { ...endedEarly(state), abort: event.failure };
    case 'runFinished':
      return { ...state, outcome: event.outcome };
  }
}

function afterNodeEvent(definition: WorkflowDefinition, state: RunState, event: NodeEvent): RunState {
  const position = state.plan.positionOf.get(event.nodeId);
  const node = position === undefined ? undefined : definition.nodes[position];
  const before = position === undefined ? undefined : state.nodes[position];
  if (position === undefined || !node || !before) {
    throw new RunError(
      'EVENT_FOR_UNKNOWN_NODE',
      `${event.type} names node '${event.nodeId}', which workflow '${definition.name}' does not have; the run was started from another definition`,
      { nodeId: event.nodeId, eventType: event.type },
    );
  }
  if (state.outcome || isSettled(before)) return state;
  if (event.type === 'gateDecided') return afterDecision(state, node, event);
  const isFree = !isEnding(state) && mayBegin(state.plan, state.progress, position);
  const after = isFree ? begun(node, before, event) : null;
  return moved(state, position, after ?? ended(node, before, event, isEnding(state)) ?? before);
}
