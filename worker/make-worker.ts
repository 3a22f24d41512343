import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { Activities } from '../src/contract/activities.js';
import type { QueueActivities } from '../src/contract/queue-activities.js';
import { hostTaskQueue, SHARED_TASK_QUEUE } from '../src/contract/task-queues.js';
import type { HostId } from '../src/core/ids.js';

/** Pre-built workflow code, or the entry to build it from. */
export type WorkflowCode = NonNullable<WorkerOptions['workflowBundle']>;

export interface WorkerParts {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly hostId: HostId;
  readonly uid: number;
  readonly workflowCode: WorkflowCode;
  readonly activities: Activities;
  /** Shown in the Web UI beside everything that this worker does. */
  readonly identity: string;
  /** Longer for tests of short nodes' shutdown; default 1 s. */
  readonly shutdownGraceMs?: number;
}

/** Mirror and clean-up never queue behind nodes: nodes wait for a permit of the host inside their activity. */
const ACTIVITY_SLOTS = 1000;

/** Workflow tasks of queues and tickets are short. */
const SHARED_TASKS = 20;
/** One for each path that somebody waits for; they only listen. */
const WATCH_SLOTS = 1000;

/** The worker of one user on one machine: workflow tasks and activities of its runs. */
export function makeWorker(parts: WorkerParts): Promise<Worker> {
  return Worker.create({
    ...optionsFor(parts),
    taskQueue: hostTaskQueue(parts.hostId, parts.uid),
    activities: parts.activities,
    maxConcurrentActivityTaskExecutions: ACTIVITY_SLOTS,
    // A cancellation reaches a node with a heartbeat; this is how often heartbeats are really sent.
    maxHeartbeatThrottleInterval: '500ms',
  });
}

/** The worker of what belongs to no machine, queues and tickets; every machine has one. No slot of it is a run's. */
export function makeSharedWorker(
  parts: Omit<WorkerParts, 'hostId' | 'uid' | 'activities'> & { readonly activities: QueueActivities },
): Promise<Worker> {
  return Worker.create({
    ...optionsFor(parts),
    taskQueue: SHARED_TASK_QUEUE,
    activities: parts.activities,
    maxConcurrentActivityTaskExecutions: WATCH_SLOTS,
    maxConcurrentWorkflowTaskExecutions: SHARED_TASKS,
    maxCachedWorkflows: 200,
    workflowThreadPoolSize: 1,
  });
}

function optionsFor(
  parts: Omit<WorkerParts, 'hostId' | 'uid' | 'activities'>,
): Omit<WorkerOptions, 'taskQueue' | 'activities'> {
  return {
    connection: parts.connection,
    namespace: parts.namespace,
    identity: parts.identity,
    workflowBundle: parts.workflowCode,
    maxConcurrentActivityTaskPolls: 2,
    maxConcurrentWorkflowTaskPolls: 2,
    // After a worker was killed, its runs would else wait ten seconds for it.
    stickyQueueScheduleToStartTimeout: '1s',
    shutdownGraceTime: parts.shutdownGraceMs ?? 1_000,
  };
}
