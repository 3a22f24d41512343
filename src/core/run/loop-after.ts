import type { LoopGroupNode } from '../definition/definition.js';
import { afterAnswer, afterIteration, inPhase } from './loop-rules.js';
import type { LoopingState } from './loop-state.js';
import type { NodeEvent, Surroundings } from './node-after.js';
import type { NodeState, RunEvent, RunPlan, RunState } from './run-state.js';

/** What a loop group must know of its run: how bodies begin and go on, too. */
export interface LoopSurroundings extends Surroundings {
  /** @param plan of an earlier iteration, if there was one */
  readonly freshBody: (plan?: RunPlan) => RunState;
  readonly evolveBody: (body: RunState, event: RunEvent) => RunState;
}

type Of<Type extends NodeEvent['type']> = Extract<NodeEvent, { readonly type: Type }>;

/**
 * The states of a loop group. The very state that went in comes back for an event that does not fit it.
 *
 * ```
 * pending ─▶ body ─▶ (checking) ─▶ completed | failed
 *             ▲           │
 *             └── next ◀──┴──▶ gate ─▶ asking ─▶ next | completed | failed | dropped
 * ```
 */
export function loopAfter(
  group: LoopGroupNode,
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

function moved(
  group: LoopGroupNode,
  before: NodeState,
  event: NodeEvent,
  around: LoopSurroundings,
): NodeState {
  if (event.type === 'iterationStarted') return afterIterationStarted(before, event, around);
  if (before.status !== 'looping' || isOfAnother(before, event)) return before;
  if (hasEnded(before)) return afterEndOfBody(group, before, event);
  switch (before.phase.kind) {
    case 'body': {
      const body = event.type === 'inBody' ? around.evolveBody(before.body, event.event) : before.body;
      return body === before.body ? before : { ...before, body };
    }
    case 'gate': {
      if (event.type !== 'gateOpened') return before;
      const { message, at: openedAt } = event;
      return inPhase(before, { kind: 'asking', isMet: before.phase.isMet, message, openedAt });
    }
    case 'asking':
      return event.type === 'gateDecided' ? afterAnswer(group, before, event.answer) : before;
    default:
      return before;
  }
}

function afterEndOfBody(group: LoopGroupNode, before: LoopingState, event: NodeEvent): NodeState {
  switch (event.type) {
    case 'checkStarted':
      return before.phase.kind === 'body' ? inPhase(before, { kind: 'checking' }) : before;
    case 'iterationEnded':
      return afterIteration(group, before, event.isMet);
    case 'iterationFailed':
      return { status: 'failed', attempt: before.iteration, failure: event.failure };
    default:
      return before;
  }
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
