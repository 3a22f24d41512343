import type { ExecutionDetails, ExecutionWatch, OpenActivity } from '../src/ports/executions.js';
import type { Logger } from '../src/ports/logger.js';
import { forEachInBatches } from './in-batches.js';

export interface InterruptParts {
  readonly watch: ExecutionWatch;
  readonly taskQueue: string;
  /** Workflow IDs of runs that the tables know to be open: a list of Temporal's lags behind by seconds. */
  readonly openIds: () => Promise<readonly string[]>;
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
  const { watch, taskQueue, openIds, logger } = parts;
  const listed = await watch.openOn(taskQueue);
  const ids = new Set([...listed.map(({ temporalWorkflowId }) => temporalWorkflowId), ...(await openIds())]);
  await forEachInBatches(
    [...ids],
    (temporalWorkflowId) => interruptOne(parts, temporalWorkflowId),
    (temporalWorkflowId, error) => {
      logger.warn({ temporalWorkflowId, error }, 'what a dead worker left unfinished could not be failed');
    },
  );
}

async function interruptOne(
  { watch, identity, logger }: InterruptParts,
  temporalWorkflowId: string,
): Promise<void> {
  const execution = await watch.inspect(temporalWorkflowId, null);
  const left = execution === null ? [] : leftBehind(execution, identity);
  if (execution === null || left.length === 0) return;
  await watch.forgetWorker(execution);
  for (const { activityId, lastWorkerIdentity } of left) {
    const message = `interrupted: its worker (${lastWorkerIdentity}) is gone, and another has taken its place`;
    await watch.failActivity(execution, activityId, { type: 'NODE_INTERRUPTED', message });
    logger.warn({ temporalWorkflowId, activityId, lastWorkerIdentity }, 'an activity was interrupted');
  }
}

function leftBehind({ openActivities }: ExecutionDetails, identity: string): readonly OpenActivity[] {
  return openActivities.filter(
    (activity) =>
      activity.isUnderWay && activity.lastWorkerIdentity !== '' && activity.lastWorkerIdentity !== identity,
  );
}
