import type { RunId } from '../ids.js';
import { placeOf, QUEUE_DEPTH, type QueueEntry, type QueueEvent, type QueueState } from './queue-state.js';

/**
 * The queue after one event. Never mutates; an event that does not fit gives back the very state that went in.
 * Q3: who waits leaves only by starting, by leaving, by its ticket's end, or by a dismissal. Q4: after an
 * offer has come to an end the path is watched again, unless the offer was given back unused.
 */
export function evolveQueue(state: QueueState, event: QueueEvent): QueueState {
  switch (event.type) {
    case 'entered':
      return enter(state, event.entry);
    case 'left':
      return leave(state, event.runId, 'free');
    case 'lost':
    case 'started':
      return leave(state, event.runId, 'blocked');
    case 'busy':
      return isOffered(state, event.runId) ? { ...state, phase: { kind: 'blocked' } } : state;
    case 'pathFreed':
      return freed(state);
    case 'offered':
      return offer(state, event.runId);
    case 'dismissed':
      return dismiss(state);
    case 'refusalTold':
      return told(state, event.runId);
  }
}

const isOffered = ({ phase }: QueueState, runId: RunId): boolean =>
  phase.kind === 'offered' && phase.runId === runId;

const isRefused = ({ refusals }: QueueState, runId: RunId): boolean =>
  refusals.some((refused) => refused.runId === runId);

/** Behind everybody who came at the same time or earlier. */
function enter(state: QueueState, entry: QueueEntry): QueueState {
  const { entries, refusals } = state;
  if (placeOf(state, entry.runId) !== null || isRefused(state, entry.runId)) return state;
  if (entries.length >= QUEUE_DEPTH) {
    return { ...state, refusals: [...refusals, { runId: entry.runId, refusal: 'full' }] };
  }
  const later = entries.findIndex(({ enteredAt }) => enteredAt > entry.enteredAt);
  const index = later < 0 ? entries.length : later;
  return { ...state, entries: [...entries.slice(0, index), entry, ...entries.slice(index)] };
}

/** @param after where the path stands if the offer was this one's */
function leave(state: QueueState, runId: RunId, after: 'free' | 'blocked'): QueueState {
  if (placeOf(state, runId) === null) return state;
  return {
    ...state,
    entries: state.entries.filter((entry) => entry.runId !== runId),
    phase: isOffered(state, runId) ? { kind: after } : state.phase,
  };
}

function freed(state: QueueState): QueueState {
  return state.phase.kind === 'blocked' ? { ...state, phase: { kind: 'free' } } : state;
}

function offer(state: QueueState, runId: RunId): QueueState {
  const isDue = state.phase.kind === 'free' && placeOf(state, runId) === 1;
  return isDue ? { ...state, phase: { kind: 'offered', runId } } : state;
}

function told(state: QueueState, runId: RunId): QueueState {
  if (!isRefused(state, runId)) return state;
  return { ...state, refusals: state.refusals.filter((refused) => refused.runId !== runId) };
}

function dismiss(state: QueueState): QueueState {
  if (state.entries.length === 0) return state;
  const dismissed = state.entries.map(({ runId }) => ({ runId, refusal: 'dismissed' }) as const);
  return { entries: [], phase: { kind: 'blocked' }, refusals: [...state.refusals, ...dismissed] };
}
