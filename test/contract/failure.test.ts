import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { fromFailure, rootMessage, toFailure } from '../../src/contract/failure.js';
import { ERROR_CODES, RunError, type ErrorCode } from '../../src/core/errors.js';

const wrapped = (cause: Error): ActivityFailure =>
  new ActivityFailure('Activity task failed', 'openRun', '~open', RetryState.TIMEOUT, 'worker', cause);

describe('our error in Temporal’s clothes', () => {
  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('comes back as it was: %s', (code) => {
    const error = new RunError(code, 'what was met, and what to do', { path: '/home/me', count: 2 });
    const failure = toFailure(error);
    expect(failure).toMatchObject({ type: code, message: error.message });
    expect(failure.nonRetryable).toBe(!ERROR_CODES[code].retry);
    expect(fromFailure(failure)).toMatchObject({ code, message: error.message, details: error.details });
  });

  it('keeps its cause', () => {
    const cause = new Error('connection refused');
    expect(toFailure(new RunError('RUN_TABLE_UNREACHABLE', 'away', {}, { cause })).cause).toBe(cause);
  });
});

describe('a failure', () => {
  it('is ours when any of its causes is', () => {
    const inner = toFailure(new RunError('LEASE_HELD', 'somebody is there'));
    expect(fromFailure(wrapped(inner))).toMatchObject({ code: 'LEASE_HELD' });
    expect(fromFailure(new Error('outer', { cause: wrapped(inner) }))).toMatchObject({ code: 'LEASE_HELD' });
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'LEASE_HELD'],
    ['another error', new TypeError('x')],
    ['a failure of another type', ApplicationFailure.create({ type: 'TypeError', message: 'x' })],
    ['a failure whose type is a property of every object', ApplicationFailure.create({ type: 'toString' })],
  ])('is not ours: %s', (_what, error) => {
    expect(fromFailure(error)).toBeNull();
  });

  it('without readable details has none', () => {
    const failure = ApplicationFailure.create({ type: 'FENCED', message: 'no', details: ['text'] });
    expect(fromFailure(failure)).toMatchObject({ code: 'FENCED', details: {} });
  });

  it('says what its innermost cause says', () => {
    expect(rootMessage(wrapped(ApplicationFailure.create({ message: 'disk full' })))).toBe('disk full');
    expect(rootMessage(wrapped(wrapped(new Error('disk full'))))).toBe('disk full');
    expect(rootMessage('disk full')).toBe('disk full');
  });
});
