import { afterAnswer, afterIteration, inPhase } from './loop-rules.js';
import type { LoopingState } from './loop-state.js';
import type { NodeEvent, Surroundings } from './node-after.js';
import type { NodeState, RunEvent, RunState } from './run-state.js';
import type { Looper, LoopNode } from './turns.js';

/** What a loop must know of its run: how bodies go on, too. */
export interface LoopSurroundings extends Surroundings {
  readonly evolveBody: (body: RunState, event: RunEvent) => RunState;
}

type Of<Type extends NodeEvent['type']> = Extract<NodeEvent, { readonly type: Type }>;

/**
 * The states of a loop, and of a gate of which something is mended. The very state that went in comes back for an
 * event that does not fit it.
 *
 * ```
 * pending ─▶ body ─▶ (checking) ─▶ completed | failed
 *             ▲           │
 *             └── next ◀──┴──▶ gate ─▶ asking ─▶ next | completed | failed | dropped
 * waiting ─▶ body ─▶ waiting | failed             a gate that was rejected
 * ```
 */
export function loopAfter(
  group: Looper,
  before: NodeState,
  event: NodeEvent,
  around: LoopSurroundings,
): NodeState {
  const after = moved(group, before, event, around);
  return around.isEnding && after.status === 'looping' && isAtRest(after) ? { status: 'dropped' } : after;
}

/** A loop whose run is being ended early: what runs in its body goes on until it is stopped. */
export function loopAfterEnding(loop: LoopingState, endBody: (body: RunState) => RunState): NodeState {
  if (isAtRest(loop)) return { status: 'dropped' };
  return loop.phase.kind === 'body' ? { ...loop, body: endBody(loop.body) } : loop;
}

/** Nothing of it runs, so that nothing but its run's end can be waited for. */
function isAtRest({ phase, body }: LoopingState): boolean {
  return phase.kind === 'body' ? body.outcome !== null : phase.kind !== 'checking';
}

function moved(group: Looper, before: NodeState, event: NodeEvent, around: LoopSurroundings): NodeState {
  if (event.type === 'iterationStarted') {
    return group.kind === 'approval' ? before : afterIterationStarted(before, event, around);
  }
  if (before.status !== 'looping' || isOfAnother(before, event)) return before;
  if (hasEnded(before)) return afterEndOfBody(group, before, event);
  if (before.phase.kind === 'body') {
    const body = event.type === 'inBody' ? around.evolveBody(before.body, event.event) : before.body;
    return body === before.body ? before : { ...before, body };
  }
  return group.kind === 'approval' ? before : betweenBodies(group, before, event);
}

function betweenBodies(node: LoopNode, before: LoopingState, event: NodeEvent): NodeState {
  const { phase } = before;
  if (phase.kind === 'gate' && event.type === 'gateOpened') {
    const { message, at: openedAt } = event;
    return inPhase(before, { kind: 'asking', isMet: phase.isMet, message, openedAt });
  }
  const isAnswered = phase.kind === 'asking' && event.type === 'gateDecided';
  return isAnswered ? afterAnswer(node, before, event.answer) : before;
}

function afterEndOfBody(group: Looper, before: LoopingState, event: NodeEvent): NodeState {
  if (event.type === 'iterationFailed') {
    return { status: 'failed', attempt: before.iteration, failure: event.failure };
  }
  if (group.kind === 'approval') return afterRework(before, event);
  switch (event.type) {
    case 'checkStarted':
      return before.phase.kind === 'body' ? inPhase(before, { kind: 'checking' }) : before;
    case 'iterationEnded':
      return afterIteration(group, before, event.isMet);
    default:
      return before;
  }
}

/** A gate that was rejected, and has an agent mend that: the nth rejection is the nth iteration. */
export function reworkAfter(
  rejections: number,
  { reason, at, body }: { readonly reason: string; readonly at: string; readonly body: RunState },
): LoopingState {
  const begun = { phase: { kind: 'body' }, body, previous: [], begunAt: at, iterationBegunAt: at } as const;
  return { status: 'looping', iteration: rejections, userInput: reason, ...begun };
}

/** The gate asks again, unless its message cannot be made any more. */
function afterRework(before: LoopingState, event: NodeEvent): NodeState {
  if (event.type === 'nodeRefused') return { status: 'failed', attempt: 0, failure: event.failure };
  if (event.type !== 'gateOpened') return before;
  return { status: 'waiting', message: event.message, openedAt: event.at, rejections: before.iteration };
}

function isOfAnother({ iteration }: LoopingState, event: NodeEvent): boolean {
  return 'iteration' in event && event.iteration !== iteration;
}

/** The body is over, and what follows from that is not known yet. */
function hasEnded({ phase, body }: LoopingState): boolean {
  return phase.kind === 'checking' || (phase.kind === 'body' && body.outcome !== null);
}

function afterIterationStarted(
  before: NodeState,
  { iteration, at }: Of<'iterationStarted'>,
  { isOpen, isEnding, freshBody }: LoopSurroundings,
): NodeState {
  if (isEnding) return before;
  const begun = { status: 'looping', iteration, phase: { kind: 'body' }, iterationBegunAt: at } as const;
  if (before.status === 'pending' && isOpen && iteration === 1) {
    return { ...begun, body: freshBody(), previous: [], userInput: '', begunAt: at };
  }
  if (before.status !== 'looping' || before.phase.kind !== 'next' || iteration !== before.iteration + 1) {
    return before;
  }
  const { body, begunAt, phase } = before;
  return {
    ...begun,
    body: freshBody(body.plan),
    previous: body.nodes,
    userInput: phase.userInput,
    begunAt,
  };
}
