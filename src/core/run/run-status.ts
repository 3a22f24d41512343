import type { Node, WorkflowDefinition } from '../definition/definition.js';
import type { NodeId } from '../ids.js';
import { isWaitingForPeople, type DelegatingNode } from '../subrun/child-gates.js';
import { bodyAt, findNode, runLevel, type Level } from './level.js';
import { inside, nameAt, type Place } from './place.js';
import type { NodeState, RunOutcome, RunState } from './run-state.js';
import { isLoop, type Looper } from './turns.js';

/**
 * What a run looks like from outside. `paused`: nothing but gates is left to wait for. `cancelling`: it is
 * being ended early, and something of it is still active.
 */
export type RunStatus = 'running' | 'paused' | 'cancelling' | RunOutcome['status'];

export function runStatus(state: RunState): RunStatus {
  if (state.outcome) return state.outcome.status;
  if (isEnding(state)) return 'cancelling';
  return isPaused(state) ? 'paused' : 'running';
}

/** They have their own say in whether anything is due. */
const AT_WORK: readonly NodeState['status'][] = ['looping', 'delegating'];

/** Nothing is due, and nothing runs: in no body either. */
function isPaused({ nodes, progress: { active, frontier } }: RunState): boolean {
  const isIdle = frontier.every((position) => AT_WORK.includes(nodes[position]?.status ?? 'pending'));
  return active.length > 0 && isIdle && active.every((position) => isWaiting(nodes[position]));
}

function isWaiting(node: NodeState | undefined): boolean {
  if (node?.status === 'delegating') return isWaitingForPeople(node.subruns);
  if (node?.status !== 'looping') return node?.status === 'waiting';
  return node.phase.kind === 'asking' || (node.phase.kind === 'body' && isPaused(node.body));
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
  return nodeId === null || findNode(definition, nodeId)?.kind !== 'cancel';
}

/** An approval node, or an interactive loop after an iteration. */
export interface OpenGate {
  readonly place: Place;
  readonly node: Looper;
  /** What people call it (`nameAt`). */
  readonly name: NodeId;
  /** As the reviewer reads it, references filled in. */
  readonly message: string;
  readonly openedAt: string;
  /** Of a loop: the iteration that is over, and whether the loop's condition is met. */
  readonly loop: { readonly iteration: number; readonly isMet: boolean } | null;
}

/** Gates that wait for a person, those in bodies included, the one opened first at the front. */
export function waitingGates(definition: WorkflowDefinition, state: RunState): readonly OpenGate[] {
  const gates = [...gatesIn(runLevel(definition, state), [])];
  return gates.sort((a, b) => (a.openedAt < b.openedAt ? -1 : a.openedAt > b.openedAt ? 1 : 0));
}

function* gatesIn(level: Level, place: Place): Generator<OpenGate> {
  for (const position of level.state.progress.active) {
    const node = level.graph.nodes[position];
    const current = level.state.nodes[position];
    if (!node || !current) continue;
    const gate = gateOf(node, current);
    if (gate) yield { ...gate, place, name: nameAt(place, node.id) };
    const body = bodyAt(level, position);
    if (body) yield* gatesIn(body, inside(place, { nodeId: node.id, iteration: body.within.loop.iteration }));
  }
}

function gateOf(node: Node, state: NodeState): Omit<OpenGate, 'place' | 'name'> | null {
  if (node.kind === 'approval' && state.status === 'waiting') {
    return { node, message: state.message, openedAt: state.openedAt, loop: null };
  }
  if (!isLoop(node) || state.status !== 'looping' || state.phase.kind !== 'asking') return null;
  const { message, openedAt, isMet } = state.phase;
  return { node, message, openedAt, loop: { iteration: state.iteration, isMet } };
}

/** Nodes at work on sub-runs, in definition order. */
export function delegatingNodes(
  { nodes }: WorkflowDefinition,
  { progress, nodes: states }: RunState,
): readonly DelegatingNode[] {
  return progress.active.flatMap((position) => {
    const node = nodes[position];
    const state = states[position];
    if (node?.kind !== 'workflow' || state?.status !== 'delegating') return [];
    return [{ node, subruns: state.subruns }];
  });
}
