import type { QueueActivities } from '../src/contract/queue-activities.js';
import type { PathWatch } from '../src/ports/path-watch.js';
import { insideRun } from './inside-run.js';
import { withHeartbeat } from './with-heartbeat.js';

/** The activities of the shared task queue, over their port. */
export function createQueueActivities(watch: PathWatch): QueueActivities {
  return {
    watchPath: insideRun(({ temporalWorkflowId }) =>
      withHeartbeat((signal) => watch.untilFree(temporalWorkflowId, signal)),
    ),
  };
}
