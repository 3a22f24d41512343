import { Worker, type NativeConnection } from '@temporalio/worker';
import type { QueueActivities } from '../src/contract/queue-activities.js';
import { SHARED_TASK_QUEUE } from '../src/contract/task-queues.js';
import type { WorkflowCode } from './make-worker.js';

export interface SharedWorkerParts {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly workflowCode: WorkflowCode;
  readonly activities: QueueActivities;
  /** Shown in the Web UI beside everything that this worker does. */
  readonly identity: string;
}

/** One for each path that somebody waits for; they only listen. */
const WATCH_SLOTS = 1000;

/** Serves what belongs to no machine: queues and tickets. Its slots are no slots of runs. */
export function makeSharedWorker(parts: SharedWorkerParts): Promise<Worker> {
  return Worker.create({
    connection: parts.connection,
    namespace: parts.namespace,
    taskQueue: SHARED_TASK_QUEUE,
    identity: parts.identity,
    workflowBundle: parts.workflowCode,
    activities: parts.activities,
    maxConcurrentActivityTaskExecutions: WATCH_SLOTS,
    maxConcurrentActivityTaskPolls: 2,
    maxConcurrentWorkflowTaskPolls: 2,
    stickyQueueScheduleToStartTimeout: '1s',
    shutdownGraceTime: 0,
  });
}
