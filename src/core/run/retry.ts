import type { RetryPolicy } from '../definition/definition.js';
import { ERROR_CODES } from '../errors.js';
import type { NodeFailure } from './task.js';

/** What a failure says about a further attempt. */
export type FailureClass = 'fatal' | 'transient' | 'unknown';

/** Looked for in the lower-cased message, from the top; the first hit decides. Archon's lists. */
const SIGNS: readonly (readonly [FailureClass, readonly string[]])[] = [
  [
    'fatal',
    [
      'unauthorized',
      'forbidden',
      'invalid token',
      'authentication failed',
      'permission denied',
      '401',
      '403',
      'credit balance',
      'session limit',
      'usage limit reached',
      'credit exhaustion',
    ],
  ],
  [
    'transient',
    [
      'timeout',
      'econnrefused',
      'econnreset',
      'etimedout',
      'rate limit',
      'too many requests',
      '429',
      '503',
      '502',
      '529',
      'overloaded',
      'at capacity',
      'network error',
      'socket hang up',
      'exited with code',
      'claude code crash',
    ],
  ],
  ['fatal', ['auth error']],
];

/** How the failure of a program begins: what its node is called says nothing about it. */
const LABEL = /^\w+ node '.*?' failed \[[^\]]*\]: /s;

/**
 * A failure of the node's own work is classed by its message. The other codes are ours and speak for
 * themselves (`ERROR_CODES`): an interrupted attempt may be tried again whatever it said last. A timeout, or an
 * output that does not fit, says nothing about the next attempt.
 */
export function classify(failure: NodeFailure): FailureClass {
  if (failure.code === 'NODE_TIMED_OUT' || failure.code === 'OUTPUT_INVALID') return 'unknown';
  if (failure.code !== 'NODE_FAILED') return ERROR_CODES[failure.code].retry ? 'transient' : 'fatal';
  const message = failure.message.replace(LABEL, '').toLowerCase();
  const met = SIGNS.find(([, signs]) => signs.some((sign) => message.includes(sign)));
  return met?.[0] ?? 'unknown';
}

/**
 * How long to wait before the next attempt.
 * @param attempt the one that failed, from 1
 * @returns milliseconds, doubled with each attempt; null: no further attempt
 */
export function retryDelayMs(
  policy: RetryPolicy | null,
  attempt: number,
  failure: NodeFailure,
): number | null {
  if (policy === null || attempt > policy.maxAttempts) return null;
  const failureClass = classify(failure);
  if (failureClass === 'fatal') return null;
  if (failureClass === 'unknown' && policy.onError !== 'all') return null;
  return policy.delayMs * 2 ** (attempt - 1);
}
