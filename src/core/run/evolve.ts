import type { Graph, Node } from '../definition/definition.js';
import { RunError } from '../errors.js';
import { loopAfter, loopAfterEnding } from './loop-after.js';
import { nodeAfter, nodeAfterEnding, type NodeEvent } from './node-after.js';
import { makePlan } from './plan.js';
import { mayBegin, progressAfter, progressOf } from './progress.js';
import type { KeptResult, NodeState, RunEvent, RunPlan, RunState } from './run-state.js';
import { isEnding } from './run-status.js';
import { digestOf } from './stale.js';
import { bodyOf, isLooper } from './turns.js';
import { toldBy } from './told.js';

/**
 * A run, or the body of a loop group, at its very beginning.
 * @param inputs by name, defaults filled in
 */
export function initialState(
  graph: Graph,
  inputs: Readonly<Record<string, string>>,
  plan: RunPlan = makePlan(graph),
): RunState {
  const nodes = graph.nodes.map((): NodeState => ({ status: 'pending' }));
  return {
    plan,
    inputs,
    nodes,
    progress: progressOf(plan, nodes),
    startedAt: null,
    lastDecision: null,
    cancellation: null,
    abort: null,
    formerDigests: {},
    evidence: null,
    outcome: null,
  };
}

/**
 * The state after one event. Pure: the state that goes in is never changed. All of it holds of a run and, in the
 * same words, of every body of a loop group in it.
 *
 * R5  An event that does not fit where its node or its run is (a second decision, a timer that lost its
 *     race, an attempt that is over) changes nothing: the very state that went in comes back. First come,
 *     first served, and whoever must know which it was compares the two.
 * R6  Nothing moves a settled node, and nothing follows an outcome.
 * R7  `progress` always equals what `progressOf` counts from scratch.
 * R8  Ending a run early drops its waiting gates and fails the nodes that wait for another attempt; attempts
 *     that run end by their own events, and are not tried again.
 * R9  What ends a body early ends the runs around it with the same event.
 * @throws RunError `EVENT_FOR_UNKNOWN_NODE`
 */
export function evolve(graph: Graph, state: RunState, event: RunEvent): RunState {
  if ('nodeId' in event) return afterNodeEvent(graph, state, event);
  if (state.outcome) return state;
  switch (event.type) {
    case 'runStarted':
      return state.startedAt === null ? { ...state, startedAt: event.at } : state;
    case 'runResumed':
      return withKept(state, event.kept);
    case 'cancelRequested':
    case 'runAborted':
      return afterEarlyEnd(state, event);
    case 'evidenceAsked':
    case 'evidenceChecked':
      return afterEvidence(state, event);
    case 'artifactKept':
      return { ...state };
    case 'runFinished':
      return { ...state, outcome: event.outcome };
  }
}

function afterEarlyEnd(
  state: RunState,
  event: Extract<RunEvent, { readonly type: 'cancelRequested' | 'runAborted' }>,
): RunState {
  if (event.type === 'runAborted') {
    return state.abort ? state : endedEarly(state, { abort: event.failure });
  }
  return state.cancellation ? state : endedEarly(state, { cancellation: event.cancellation });
}

function afterEvidence(
  state: RunState,
  event: Extract<RunEvent, { readonly type: 'evidenceAsked' | 'evidenceChecked' }>,
): RunState {
  if (event.type === 'evidenceAsked') {
    return state.evidence === null ? { ...state, evidence: 'asked' } : state;
  }
  const evidence = event.isPresent ? 'present' : 'missing';
  return state.evidence === 'asked' ? { ...state, evidence } : state;
}

/**
 * Only nodes that nothing has happened to are kept; a result whose node the definition does not have is left
 * out. They settle in their turn, so that a node behind them goes on waiting for whatever else it must.
 */
function withKept(state: RunState, kept: readonly KeptResult[]): RunState {
  const nodes = [...state.nodes];
  for (const { nodeId, attempt, output } of kept) {
    const position = state.plan.positionOf.get(nodeId) ?? -1;
    if (nodes[position]?.status === 'pending') nodes[position] = { status: 'kept', attempt, output };
  }
  const isSame = nodes.every((node, position) => node === state.nodes[position]);
  return isSame ? state : { ...state, nodes };
}

function afterNodeEvent(graph: Graph, state: RunState, event: NodeEvent): RunState {
  const position = state.plan.positionOf.get(event.nodeId) ?? -1;
  const node = graph.nodes[position];
  const before = state.nodes[position];
  if (!node || !before) {
    throw new RunError(
      'EVENT_FOR_UNKNOWN_NODE',
      `${event.type} names node '${event.nodeId}', which the workflow does not have; cancel the run and start it again`,
      { nodeId: event.nodeId, eventType: event.type },
    );
  }
  if (state.outcome) return state;
  const after = stateAfter(node, before, event, state);
  if (after === before) return state;
  const next = withNode(state, position, after);
  const { decided, cancellation } = toldBy(node, before, event, after);
  const withDigest = event.type === 'nodeReset' ? afterReset(next, event) : next;
  const told = decided ? { ...withDigest, lastDecision: decided } : withDigest;
  return cancellation && !state.cancellation ? endedEarly(told, { cancellation }) : told;
}

function graphWithin(node: Node): Graph {
  return isLooper(node) ? bodyOf(node) : { schedule: 'layers', nodes: [] };
}

function afterReset(
  state: RunState,
  { nodeId, formerOutput }: Extract<NodeEvent, { type: 'nodeReset' }>,
): RunState {
  const formerDigests = { ...state.formerDigests, [nodeId]: digestOf(formerOutput) };
  return { ...state, formerDigests };
}

function stateAfter(node: Node, before: NodeState, event: NodeEvent, state: RunState): NodeState {
  const { plan, progress } = state;
  const surroundings = {
    isOpen: mayBegin(plan, progress, plan.positionOf.get(node.id) ?? -1),
    isEnding: isEnding(state),
    freshBody: (earlier?: RunPlan) => initialState(graphWithin(node), state.inputs, earlier),
  };
  const isAtBody = before.status === 'looping' || event.type === 'iterationStarted';
  if (!isAtBody || !isLooper(node)) return nodeAfter(node, before, event, surroundings);
  const evolveBody = (body: RunState, inner: RunEvent): RunState => evolve(bodyOf(node), body, inner);
  return loopAfter(node, before, event, { ...surroundings, evolveBody });
}

function endedEarly(state: RunState, why: Partial<Pick<RunState, 'cancellation' | 'abort'>>): RunState {
  const stopped = state.progress.active.reduce((current, position) => {
    const before = current.nodes[position];
    return before ? withNode(current, position, ended(before, why)) : current;
  }, state);
  return { ...stopped, ...why };
}

function ended(node: NodeState, why: Partial<Pick<RunState, 'cancellation' | 'abort'>>): NodeState {
  if (node.status !== 'looping') return nodeAfterEnding(node);
  return loopAfterEnding(node, (body) => (isEnding(body) ? body : endedEarly(body, why)));
}

function withNode(state: RunState, position: number, after: NodeState): RunState {
  const before = state.nodes[position];
  if (!before || before === after) return state;
  const nodes = state.nodes.with(position, after);
  return {
    ...state,
    nodes,
    progress: progressAfter(state.plan, state.progress, position, { before, nodes }),
  };
}
