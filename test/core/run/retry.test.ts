import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/core/errors.js';
import { classify, retryDelayMs, type FailureClass } from '../../../src/core/run/retry.js';
import { aFailure } from '../../support/builders.js';

const policy = { maxAttempts: 2, delayMs: 1000, onError: 'transient' } as const;
const transient = aFailure({ message: 'HTTP 503' });

describe('the class of a failed attempt', () => {
  const messages: readonly (readonly [string, FailureClass])[] = [
    ['401 from the registry', 'fatal'],
    ['Permission denied (publickey)', 'fatal'],
    ['Unauthorized: rate limit', 'fatal'],
    ['RATE LIMIT reached', 'transient'],
    ['connect ECONNREFUSED 127.0.0.1:5432', 'transient'],
    ['Bash: curl: (28) timeout', 'transient'],
    ['auth error', 'fatal'],
    ['auth error, socket hang up', 'transient'],
    ["Bash node 'a' timed out after 5000ms", 'unknown'],
    ["Bash node 'a' failed [exit 1]: no such file", 'unknown'],
    ["Script node 'a' failed [exit 1]: fetch failed: ETIMEDOUT", 'transient'],
    ["Script node 'a' timed out after 5000ms", 'unknown'],
    ["Bash node 'fix-401' failed [exit 1]: rate limit", 'transient'],
    ["Bash node 'check-timeout' failed [exit 1]: no diagnostic output", 'unknown'],
    ["Bash node 'it's 503' failed [signal SIGKILL]: no diagnostic output", 'unknown'],
    ['', 'unknown'],
  ];
  it.each(messages)('follows from the message %j: %s', (message, expected) => {
    expect(classify(aFailure({ message }))).toBe(expected);
  });

  const FATAL = [
    ...[
      'unauthorized',
      'forbidden',
      'invalid token',
      'authentication failed',
      'permission denied',
      '401',
      '403',
    ],
    ...['credit balance', 'session limit', 'usage limit reached', 'credit exhaustion', 'auth error'],
  ];
  const TRANSIENT = [
    ...['timeout', 'econnrefused', 'econnreset', 'etimedout', 'rate limit', 'too many requests'],
    ...['429', '503', '502', '529', 'overloaded', 'at capacity', 'network error', 'socket hang up'],
    ...['exited with code', 'claude code crash'],
  ];
  it.each([
    ...FATAL.map((sign) => [sign, 'fatal'] as const),
    ...TRANSIENT.map((sign) => [sign, 'transient'] as const),
  ])('with %j in what it said, in any case, is %s', (sign, expected) => {
    for (const said of [`so: ${sign}!`, sign.toUpperCase()]) {
      expect(classify(aFailure({ message: said }))).toBe(expected);
      const message = `Bash node 'a' failed [exit 1]: ${said}`;
      expect(classify(aFailure({ message }))).toBe(expected);
    }
  });

  const codes: readonly (readonly [ErrorCode, FailureClass])[] = [
    ['NODE_INTERRUPTED', 'transient'],
    ['PATH_STILL_OCCUPIED', 'transient'],
    ['NODE_TIMED_OUT', 'unknown'],
    ['OUTPUT_INVALID', 'unknown'],
    ['RUNTIME_MISSING', 'fatal'],
    ['ARTIFACT_UNWRITABLE', 'fatal'],
    ['RUN_CANCELLED', 'fatal'],
    ['FENCED', 'fatal'],
    ['REFERENCE_UNRESOLVED', 'fatal'],
  ];
  it.each(codes)('follows from the code %s, whatever the message says: %s', (code, expected) => {
    expect(classify({ code, message: 'rate limit' })).toBe(expected);
    expect(classify({ code, message: 'permission denied' })).toBe(expected);
  });
});

describe('a retry', () => {
  it('waits twice as long after each attempt', () => {
    const delays = [1, 2, 3].map((attempt) =>
      retryDelayMs({ ...policy, maxAttempts: 5 }, attempt, transient),
    );
    expect(delays).toEqual([1000, 2000, 4000]);
  });

  it('is given max_attempts times, not counting the first attempt', () => {
    expect(retryDelayMs(policy, 2, transient)).toBe(2000);
    expect(retryDelayMs(policy, 3, transient)).toBeNull();
  });

  it('is not given without a policy, not even to an interrupted node', () => {
    expect(retryDelayMs(null, 1, aFailure({ code: 'NODE_INTERRUPTED' }))).toBeNull();
  });

  it.each([
    ['transient', 'transient', true],
    ['transient', 'unknown', false],
    ['transient', 'fatal', false],
    ['all', 'transient', true],
    ['all', 'unknown', true],
    ['all', 'fatal', false],
  ] as const)('under on_error %s after a %s failure: %s', (onError, failureClass, isGiven) => {
    const messages = { transient: 'rate limit', unknown: 'no idea', fatal: 'forbidden' };
    const failure = aFailure({ message: messages[failureClass] });
    expect(retryDelayMs({ ...policy, onError }, 1, failure) !== null).toBe(isGiven);
  });
});
