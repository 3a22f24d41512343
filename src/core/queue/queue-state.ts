import type { RunId } from '../ids.js';

/** How many may wait for one path. */
export const QUEUE_DEPTH = 100;

/** Somebody who waits: the ticket of this run. */
export interface QueueEntry {
  readonly runId: RunId;
  /** When its ticket was made, by Temporal's clock, in ISO-8601 UTC: who came first stands first. */
  readonly enteredAt: string;
}

/**
 * Where a queue stands with its path. `blocked`: somebody may hold it. `free`: nobody held it a moment ago.
 * `offered`: one waiter has been told to start, and has not answered.
 */
export type QueuePhase =
  | { readonly kind: 'blocked' }
  | { readonly kind: 'free' }
  | { readonly kind: 'offered'; readonly runId: RunId };

/** Why somebody gets no place, or loses it: too many wait, or an operator has ended the queue. */
export type Refusal = 'full' | 'dismissed';

export interface QueueState {
  /** First come, first served. */
  readonly entries: readonly QueueEntry[];
  readonly phase: QueuePhase;
  /** Who has to be told that there is no place, in order. */
  readonly refusals: readonly { readonly runId: RunId; readonly refusal: Refusal }[];
}

export type QueueEvent =
  | { readonly type: 'entered'; readonly entry: QueueEntry }
  /** Its ticket gave its place up, and has not started and will not. */
  | { readonly type: 'left'; readonly runId: RunId }
  /** Its ticket is closed, however that came: no answer will come. */
  | { readonly type: 'lost'; readonly runId: RunId }
  | { readonly type: 'pathFreed' }
  | { readonly type: 'offered'; readonly runId: RunId }
  /** Answers to an offer: it has the path now; or somebody had overtaken it. */
  | { readonly type: 'started'; readonly runId: RunId }
  | { readonly type: 'busy'; readonly runId: RunId }
  /** Everybody is sent away. */
  | { readonly type: 'dismissed' }
  | { readonly type: 'refusalTold'; readonly runId: RunId };

export type QueueAction =
  | { readonly kind: 'tellRefusal'; readonly runId: RunId; readonly refusal: Refusal }
  /** Find out when nobody holds the path any more. */
  | { readonly kind: 'watch' }
  | { readonly kind: 'offer'; readonly runId: RunId }
  | { readonly kind: 'awaitAnswer'; readonly runId: RunId }
  /** Nobody waits. */
  | { readonly kind: 'close' };

export function emptyQueue(): QueueState {
  return { entries: [], phase: { kind: 'blocked' }, refusals: [] };
}

/** The place of a run from 1; null: it does not wait here. */
export function placeOf({ entries }: Pick<QueueState, 'entries'>, runId: string): number | null {
  const index = entries.findIndex((entry) => entry.runId === runId);
  return index < 0 ? null : index + 1;
}
