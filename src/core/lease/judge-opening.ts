import type { Claim } from './owner-record.js';

/** Who is found where a box is to be opened. */
export interface FoundOwner extends Claim {
  /** The box was emptied by those who opened it. */
  readonly isClosed: boolean;
}

/** What somebody who opens a box knows, once the lock is taken or found to be held. */
export interface OpeningFacts {
  readonly me: Claim;
  /** Whether mine is the open, current execution of my ID; unknown: Temporal does not answer. */
  readonly standing: 'current' | 'over' | 'unknown';
  readonly lock: 'mine' | 'held';
  /** Lock mine: whom the record names. Lock held: whom the holder's command line names; null: nobody, or unreadable. */
  readonly found: FoundOwner | null;
  /**
   * The execution under the found owner's ID, where that is another than mine in the same Temporal. Asked, like
   * `standing`, after `found` was found: an older answer could be about somebody else.
   */
  readonly foundExecution: 'open' | 'over' | 'unknown';
  /** Nothing of whom I have found, here or holding the lock before, lives: what they stood on is gone. */
  readonly isProved: boolean;
  /** Whether what holds the place can be ended by this user. */
  readonly isOursToEnd: boolean;
  /** Since the opening began. */
  readonly waitedMs: number;
}

export type OpeningRefusal = 'FENCED' | 'LEASE_HELD' | 'PATH_STILL_OCCUPIED' | 'TEMPORAL_UNREACHABLE';

/** What to do next. After `evict` and `waitAndRetry` all facts are gathered anew. */
export type OpeningStep =
  /** Write the record. `isTakenOver`: from an owner of another Temporal, who has not closed. */
  | { readonly kind: 'open'; readonly isTakenOver: boolean }
  /** Kill whom these facts found: what holds the lock, or what the record names. */
  | { readonly kind: 'evict' }
  | { readonly kind: 'waitAndRetry' }
  | { readonly kind: 'refuse'; readonly code: OpeningRefusal };

/** How long is tried before each refusal that time may avert. */
export const OPENING_PATIENCE_MS = {
  /** A holder that cannot be read may be opening, or closing, this very moment. */
  LEASE_HELD: 2_000,
  PATH_STILL_OCCUPIED: 8_000,
  TEMPORAL_UNREACHABLE: 8_000,
} as const;

const WAIT: OpeningStep = { kind: 'waitAndRetry' };
const refuse = (code: OpeningRefusal): OpeningStep => ({ kind: 'refuse', code });

function waitOrRefuse(code: keyof typeof OPENING_PATIENCE_MS, { waitedMs }: OpeningFacts): OpeningStep {
  return waitedMs < OPENING_PATIENCE_MS[code] ? WAIT : refuse(code);
}

/** Whether Temporal must be asked about the found owner, too. */
export function isOtherId(me: Claim, found: FoundOwner | null): found is FoundOwner {
  return (
    found !== null &&
    !found.isClosed &&
    found.temporalNamespaceId === me.temporalNamespaceId &&
    found.temporalWorkflowId !== me.temporalWorkflowId
  );
}

/**
 * Judges whether a box may be opened. Pure and total.
 *
 * - J1 Temporal first, whatever the record says: only the open, current execution of its ID opens a box.
 * - J2 A holder that cannot be read, or that belongs to another Temporal, is never ended.
 * - J3 Another workflow ID of the same Temporal is asked about; while it is open it keeps the place.
 * - J4 What is left over is ended, and the place is taken only with the lock and the proof.
 * - J5 No answer and no proof is never a yes.
 */
export function judgeOpening(facts: OpeningFacts): OpeningStep {
  const { me, standing, lock, found, isProved } = facts;
  if (standing === 'unknown') return waitOrRefuse('TEMPORAL_UNREACHABLE', facts);
  if (standing === 'over') return refuse('FENCED');
  if (found === null && lock === 'held') return waitOrRefuse('LEASE_HELD', facts);
  if (found === null || (lock === 'mine' && found.isClosed)) {
    return isProved ? open(false) : waitOrRefuse('PATH_STILL_OCCUPIED', facts);
  }
  if (found.temporalNamespaceId !== me.temporalNamespaceId) return weighForeign(facts);
  return isOtherId(me, found) ? weighOther(facts) : clearAway(facts);
}

/** The found owner works in another Temporal, which is not ours to ask. */
function weighForeign(facts: OpeningFacts): OpeningStep {
  if (facts.lock === 'held') return refuse('LEASE_HELD');
  return facts.isProved ? open(true) : waitOrRefuse('PATH_STILL_OCCUPIED', facts);
}

const STRICTNESS: readonly OpeningStep['kind'][] = ['open', 'waitAndRetry', 'evict', 'refuse'];

/** What several findings in one place come to together; nobody found is one finding. */
export function strictest(steps: readonly OpeningStep[]): OpeningStep {
  const kind = STRICTNESS.findLast((one) => steps.some((step) => step.kind === one)) ?? 'waitAndRetry';
  const isTakenOver = steps.some((step) => step.kind === 'open' && step.isTakenOver);
  if (kind === 'open') return open(isTakenOver);
  return steps.find((step) => step.kind === kind) ?? WAIT;
}

function open(isTakenOver: boolean): OpeningStep {
  return { kind: 'open', isTakenOver };
}

/** The found owner works in the same Temporal, under another ID. */
function weighOther(facts: OpeningFacts): OpeningStep {
  switch (facts.foundExecution) {
    case 'unknown':
      return waitOrRefuse('TEMPORAL_UNREACHABLE', facts);
    case 'open':
      return refuse('LEASE_HELD');
    case 'over':
      return clearAway(facts);
  }
}

/** The found owner is over: its ID has closed, or is mine now. */
function clearAway(facts: OpeningFacts): OpeningStep {
  if (facts.lock === 'mine' && facts.isProved) return open(false);
  if (!facts.isOursToEnd) return refuse('PATH_STILL_OCCUPIED');
  const isTooLong = facts.waitedMs >= OPENING_PATIENCE_MS.PATH_STILL_OCCUPIED;
  return isTooLong ? refuse('PATH_STILL_OCCUPIED') : { kind: 'evict' };
}
