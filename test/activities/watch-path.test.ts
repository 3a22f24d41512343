import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { createQueueActivities } from '../../activities/watch-path.js';
import type { WatchPathInput } from '../../src/contract/queue-activities.js';
import { fromFailure } from '../../src/contract/failure.js';
import { RunError } from '../../src/core/errors.js';
import { aMockEnvironment } from '../support/activity-stage.js';

const INPUT = { temporalWorkflowId: 'run.x' };

it('watchPath waits for its path, with a sign of life, and ends with what it was told to stop with', async () => {
  const environment = aMockEnvironment();
  const activities = createQueueActivities({
    untilFree: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('the call was given up')));
      }),
  });
  const beaten = new Promise<void>((resolve) => environment.on('heartbeat', () => resolve()));
  const watching = environment.run((input: WatchPathInput) => activities.watchPath(input), INPUT);
  await beaten;
  environment.cancel('CANCELLED');
  await expect(watching).rejects.toMatchObject({ name: 'CancelledFailure' });
});

it('watchPath tells its failure by our code', async () => {
  const activities = createQueueActivities({
    untilFree: () => Promise.reject(new RunError('TEMPORAL_UNREACHABLE', 'away')),
  });
  const failure: unknown = await aMockEnvironment()
    .run((input: WatchPathInput) => activities.watchPath(input), INPUT)
    .catch((error: unknown) => error);
  expect(fromFailure(failure)?.code).toBe('TEMPORAL_UNREACHABLE');
});

it('watchPath serves workflows of ours only', async () => {
  const activities = createQueueActivities({ untilFree: () => Promise.resolve() });
  const failure: unknown = await new MockActivityEnvironment({ workflowType: 'stranger' })
    .run((input: WatchPathInput) => activities.watchPath(input), INPUT)
    .catch((error: unknown) => error);
  expect(fromFailure(failure)?.code).toBe('ACTIVITY_OUTSIDE_RUN');
});
