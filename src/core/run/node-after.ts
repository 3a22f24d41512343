import type { Node } from '../definition/definition.js';
import { delegatingAfter, delegatingFrom, isIdle, type DelegatingState } from '../subrun/delegating.js';
import { isSubrunEvent } from '../subrun/evolve-subruns.js';
import { decideGate } from './gate.js';
import { retryDelayMs } from './retry.js';
import { reworkAfter } from './loop-after.js';
import type { NodeState, RunEvent, RunPlan, RunState } from './run-state.js';

/** An event about one node. */
export type NodeEvent = Extract<RunEvent, { readonly nodeId: unknown }>;
type In<Status extends NodeState['status']> = Extract<NodeState, { readonly status: Status }>;

/** What a node must know of its run. */
export interface Surroundings {
  /** All that the node must wait for has settled. */
  readonly isOpen: boolean;
  /** The run is being ended early: nothing begins, nothing is tried again. */
  readonly isEnding: boolean;
  /** How bodies begin. @param plan of an earlier iteration, if there was one */
  readonly freshBody: (plan?: RunPlan) => RunState;
}

/**
 * The states of a node. The very state that went in comes back for an event that does not fit it.
 *
 * ```
 * pending ─▶ running ─▶ completed | failed          a node with work; a failed attempt may lead to
 *               ▲ └───▶ retrying (due ─▶ scheduled) another one
 *               └──────────┘
 * pending ─▶ waiting ─▶ completed | failed | dropped a gate; one that is rejected may have that mended (`loopAfter`)
 * pending ─▶ delegating ─▶ completed | failed | dropped a node with sub-runs
 * pending ─▶ skipped | failed                        it never began
 * kept ─▶ completed | pending                        in an earlier generation of the run; to be done again
 * ```
 */
export function nodeAfter(
  node: Node,
  before: NodeState,
  event: NodeEvent,
  surroundings: Surroundings,
): NodeState {
  switch (before.status) {
    case 'pending':
    case 'kept':
      return surroundings.isOpen && !surroundings.isEnding ? afterWaitingForTurn(before, event) : before;
    case 'running':
      return afterRunning(node, before, event, surroundings);
    case 'retrying':
      return afterRetrying(before, event);
    case 'waiting':
      return afterWaiting(node, before, event, surroundings);
    case 'delegating':
      return afterDelegating(node, before, event, surroundings);
    // Settled; or a loop group at work, whose states `loopAfter` has.
    default:
      return before;
  }
}

/** A node whose run is being ended early: what runs goes on until it is stopped, what waits does not. */
export function nodeAfterEnding(before: NodeState): NodeState {
  if (before.status === 'waiting') return { status: 'dropped' };
  if (before.status === 'delegating' && isIdle(before)) return { status: 'dropped' };
  if (before.status !== 'retrying') return before;
  return { status: 'failed', attempt: before.attempt - 1, failure: before.lastFailure };
}

function afterWaitingForTurn(before: In<'pending' | 'kept'>, event: NodeEvent): NodeState {
  if (before.status === 'pending') return afterPending(before, event);
  if (event.type === 'nodeReset') return { status: 'pending' };
  if (event.type === 'nodeSkipped') return { status: 'skipped', reason: event.reason };
  return event.type === 'nodeKept' ? { ...before, status: 'completed', isKept: true } : before;
}

function afterPending(before: In<'pending'>, event: NodeEvent): NodeState {
  if (event.type === 'nodeStarted' && event.attempt === 1) return { status: 'running', attempt: 1 };
  if (event.type === 'nodeSkipped') return { status: 'skipped', reason: event.reason };
  if (event.type === 'nodeRefused') return { status: 'failed', attempt: 0, failure: event.failure };
  if (event.type === 'subrunsAsked') return delegatingFrom(event.what, event.at);
  if (event.type !== 'gateOpened') return before;
  return { status: 'waiting', message: event.message, openedAt: event.at };
}

function afterRunning(
  node: Node,
  before: In<'running'>,
  event: NodeEvent,
  { isEnding }: Surroundings,
): NodeState {
  if (event.type === 'nodeCompleted' && event.attempt === before.attempt) {
    const { attempt, output, session } = event;
    return { status: 'completed', attempt, output, ...(session === undefined ? {} : { session }) };
  }
  if (event.type !== 'attemptFailed' || event.attempt !== before.attempt) return before;
  const { attempt, failure } = event;
  const policy = 'retry' in node && !isEnding ? node.retry : null;
  const delayMs = retryDelayMs(policy, attempt, failure);
  return delayMs === null
    ? { status: 'failed', attempt, failure }
    : { status: 'retrying', attempt: attempt + 1, delayMs, isScheduled: false, lastFailure: failure };
}

function afterRetrying(before: In<'retrying'>, event: NodeEvent): NodeState {
  if (!('attempt' in event) || event.attempt !== before.attempt) return before;
  if (event.type === 'retryScheduled' && !before.isScheduled) return { ...before, isScheduled: true };
  if (event.type === 'nodeStarted' && before.isScheduled) {
    return { status: 'running', attempt: before.attempt };
  }
  return before;
}

function afterWaiting(
  node: Node,
  before: In<'waiting'>,
  event: NodeEvent,
  { freshBody }: Surroundings,
): NodeState {
  if (node.kind !== 'approval') return before;
  if (event.type === 'gateTimedOut') {
    const message = `Gate '${node.id}' was not decided within ${String(node.timeoutMs)} ms`;
    return { status: 'failed', attempt: 1, failure: { code: 'GATE_TIMED_OUT', message } };
  }
  if (event.type !== 'gateDecided') return before;
  const { rejections = 0 } = before;
  const verdict = decideGate(node, event.answer, rejections);
  switch (verdict.kind) {
    case 'completed':
      return { status: 'completed', attempt: 1, output: verdict.output };
    case 'rejected':
      return { status: 'dropped' };
    case 'rework':
      return reworkAfter(rejections + 1, { reason: verdict.reason, at: event.at, body: freshBody() });
    case 'refused':
      return before;
  }
}

/** What is open of a run that is being ended comes to its own end; then nothing more is made of it. */
function afterDelegating(
  node: Node,
  before: DelegatingState,
  event: NodeEvent,
  { isEnding }: Surroundings,
): NodeState {
  const isJoined = before.subruns.asked === 'join';
  if (event.type === 'nodeCompleted') {
    return isJoined ? { status: 'completed', attempt: 1, output: event.output } : before;
  }
  if (event.type === 'attemptFailed') {
    return isJoined ? { status: 'failed', attempt: 1, failure: event.failure } : before;
  }
  if (node.kind !== 'workflow' || !isSubrunEvent(event)) return before;
  const after = delegatingAfter(node, before, event);
  return isEnding && isIdle(after) ? { status: 'dropped' } : after;
}
