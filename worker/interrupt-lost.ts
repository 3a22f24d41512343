import type { ExecutionDetails } from '../src/ports/executions.js';
import type { ActivitiesHere } from './activities-here.js';
import { forEachInBatches } from './in-batches.js';
import type { InterruptParts } from './interrupt-predecessors.js';
import type { PeriodicTask } from './periodic-tasks.js';

export interface InterruptLostParts extends Omit<InterruptParts, 'taskQueue'> {
  readonly here: Pick<ActivitiesHere, 'has'>;
}

/** Longer than a task is on its way to a busy worker: one that is not here at two looks will not come. */
const LOOK_EVERY_MS = 5_000;

/**
 * Fails activities that Temporal handed to this very process and that never arrived: when the network loses
 * an answer, Temporal and the worker disagree on what runs, and a cancellation would wait for nobody until
 * the heartbeat timeout.
 */
export function interruptingLost(parts: InterruptLostParts): PeriodicTask {
  let suspects: ReadonlySet<string> = new Set();
  return {
    name: 'interrupt what never arrived',
    everyMs: LOOK_EVERY_MS,
    run: async () => {
      const missing = new Set<string>();
      const look = async (temporalWorkflowId: string): Promise<void> => {
        const execution = await parts.watch.inspect(temporalWorkflowId, null);
        if (execution === null) return;
        for (const activityId of missingHere(parts, execution)) {
          const key = `${execution.temporalRunId}/${activityId}`;
          if (suspects.has(key)) await interrupt(parts, execution, activityId);
          else missing.add(key);
        }
      };
      await forEachInBatches(await parts.openIds(), look, (temporalWorkflowId, error) => {
        parts.logger.warn({ temporalWorkflowId, error }, 'a run could not be looked at now');
      });
      suspects = missing;
    },
  };
}

function missingHere(
  { here, identity }: InterruptLostParts,
  { temporalRunId, openActivities }: ExecutionDetails,
): readonly string[] {
  return openActivities
    .filter(({ isUnderWay, lastWorkerIdentity }) => isUnderWay && lastWorkerIdentity === identity)
    .map(({ activityId }) => activityId)
    .filter((activityId) => !here.has(temporalRunId, activityId));
}

async function interrupt(
  { watch, logger }: InterruptLostParts,
  execution: ExecutionDetails,
  activityId: string,
): Promise<void> {
  const message = 'interrupted: Temporal handed it to this worker, which it never reached';
  await watch.failActivity(execution, activityId, { type: 'NODE_INTERRUPTED', message });
  const { temporalWorkflowId } = execution;
  logger.warn({ temporalWorkflowId, activityId }, 'an activity that never arrived was interrupted');
}
