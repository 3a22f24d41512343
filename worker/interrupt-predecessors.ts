import type { ExecutionDetails, ExecutionWatch, OpenActivity } from '../src/ports/executions.js';
import type { Logger } from '../src/ports/logger.js';
import { forEachInBatches } from './in-batches.js';

export interface InterruptParts {
  readonly watch: ExecutionWatch;
  readonly taskQueue: string;
  /** Of this process alone: whoever else has begun an activity is gone. */
  readonly identity: string;
  readonly logger: Logger;
}

/**
 * Fails what dead workers of this machine and user had under way, so that a run learns at once what it would
 * else learn from a heartbeat that does not come. To be called by the one worker that may poll the queue,
 * before it polls. Closed and repeated calls do no harm; Temporal tries again what may be tried again.
 * @throws RunError `TEMPORAL_UNREACHABLE`
 */
export async function interruptPredecessors(parts: InterruptParts): Promise<void> {
  const { watch, taskQueue, identity, logger } = parts;
  await forEachInBatches(await watch.openOn(taskQueue), async ({ temporalWorkflowId, temporalRunId }) => {
    const execution = await watch.inspect(temporalWorkflowId, temporalRunId);
    for (const activity of leftBehind(execution, identity)) {
      const { activityId, lastWorkerIdentity } = activity;
      const message = `interrupted: its worker (${lastWorkerIdentity}) is gone, and another has taken its place`;
      await watch.failActivity({ temporalWorkflowId, temporalRunId }, activityId, {
        type: 'NODE_INTERRUPTED',
        message,
      });
      logger.warn({ temporalWorkflowId, activityId, lastWorkerIdentity }, 'an activity was interrupted');
    }
  });
}

function leftBehind(execution: ExecutionDetails | null, identity: string): readonly OpenActivity[] {
  if (execution?.isOpen !== true) return [];
  return execution.openActivities.filter(
    (activity) =>
      activity.isUnderWay && activity.lastWorkerIdentity !== '' && activity.lastWorkerIdentity !== identity,
  );
}
