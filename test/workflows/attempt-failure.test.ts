import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { toFailure } from '../../src/contract/failure.js';
import { RunError } from '../../src/core/errors.js';
import type { NodeId } from '../../src/core/ids.js';
import { attemptFailure } from '../../workflows/attempt-failure.js';

const node = 'build' as NodeId;
const caused = (cause: Error): ActivityFailure =>
  new ActivityFailure(
    'Activity task failed',
    'runShell',
    'build.1',
    RetryState.MAXIMUM_ATTEMPTS_REACHED,
    'worker',
    cause,
  );

describe('an attempt without a result', () => {
  it.each([
    [
      'a heartbeat timeout',
      new TimeoutFailure('activity Heartbeat timeout', undefined, TimeoutType.HEARTBEAT),
    ],
    ['a start-to-close timeout', new TimeoutFailure('timeout', undefined, TimeoutType.START_TO_CLOSE)],
    [
      'a worker that shuts down',
      ApplicationFailure.create({ type: 'WorkerShutdown', message: 'shutting down' }),
    ],
    [
      'an operator’s reset of the activity',
      ApplicationFailure.create({ type: 'ActivityReset', message: 'reset' }),
    ],
    ['the word of a successor', toFailure(new RunError('NODE_INTERRUPTED', 'its worker is gone'))],
  ])('is interrupted by %s', (_what, cause) => {
    expect(attemptFailure(node, caused(cause))).toMatchObject({ code: 'NODE_INTERRUPTED' });
  });

  it('was stopped, when its run was cancelled', () => {
    expect(attemptFailure(node, caused(new CancelledFailure('CANCELLED')))).toEqual({
      code: 'RUN_CANCELLED',
      message: "node 'build' was stopped",
    });
  });

  it('failed with our own error, when the host said one', () => {
    const cause = toFailure(new RunError('LEASE_HELD', 'somebody else is there'));
    expect(attemptFailure(node, caused(cause))).toEqual({
      code: 'LEASE_HELD',
      message: 'somebody else is there',
    });
  });

  it.each([
    [
      'an error of the host',
      caused(ApplicationFailure.create({ type: 'TypeError', message: 'x is not a function' })),
    ],
    ['an error of the workflow', new TypeError('x is not a function')],
  ])('failed through our fault with %s', (_what, error) => {
    expect(attemptFailure(node, error)).toEqual({ code: 'INTERNAL', message: 'x is not a function' });
  });
});
