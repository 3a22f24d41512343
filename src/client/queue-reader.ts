import type { Client } from '@temporalio/client';
import { QUEUE_MESSAGES, type QueueDescription } from '../contract/queue-workflow.js';
import type { RunMemo } from '../contract/memo.js';
import { queueWorkflowId, runWorkflowId, ticketWorkflowId } from '../contract/workflow-id.js';
import { RunError } from '../core/errors.js';
import { isRunId, type HostId, type RunId, type WorkingPath } from '../core/ids.js';
import { placeOf } from '../core/queue/queue-state.js';
import { memoOf, readHolder } from './holder.js';
import type { Holder } from './orchestrator.js';
import { isNotFound, readableTrouble, withDeadline, type Temporal } from './temporal-calls.js';

const QUERY_MS = 1_000;
const CALL_MS = 5_000;
/** One more than are ever told apart. */
const CANDIDATES = 6;

/** A path on a machine. */
export interface QueuedPath {
  readonly hostId: HostId;
  readonly workingPath: WorkingPath;
}

/** Where a run stands in its queue. */
export interface QueuePlace {
  /** From 1; null: not known yet. */
  readonly place: number | null;
  /** How many wait, this one included; null: not known. */
  readonly queueLength: number | null;
}

/** A run that waits for its path. It has an id, and no row yet. */
export interface QueuedRun extends QueuePlace {
  readonly runId: RunId;
  readonly workflow: string;
  readonly workingPath: string;
  readonly startedBy: string;
  /** ISO-8601 UTC. */
  readonly enteredAt: string;
  /** Of its ticket. */
  readonly temporalWorkflowId: string;
}

/** Who waits for a path, first come, first served, and for whom. */
export interface PathQueue {
  readonly workingPath: string;
  /** Null: nobody holds the path now. */
  readonly holder: Holder | null;
  readonly runs: readonly QueuedRun[];
}

/** Asks a queue itself; null: no worker answers in a second. No queue is one in which nobody waits. */
export async function askQueue(
  client: Client,
  { hostId, workingPath }: QueuedPath,
): Promise<Pick<QueueDescription, 'entries'> | null> {
  try {
    return await withDeadline(client, QUERY_MS, () =>
      client.workflow
        .getHandle(queueWorkflowId(hostId, workingPath))
        .query<QueueDescription>(QUEUE_MESSAGES.describeQuery),
    );
  } catch (error) {
    return isNotFound(error) ? { entries: [] } : null;
  }
}

/**
 * @returns the queue of a path, also when nobody is in it
 * @throws RunError `WORKER_UNAVAILABLE` the queue does not answer · `TEMPORAL_UNREACHABLE`
 */
export async function readQueue(temporal: Temporal, path: QueuedPath): Promise<PathQueue> {
  const [holder, queue] = await Promise.all([currentHolder(temporal, path), askQueue(temporal.client, path)]);
  if (queue === null) {
    throw new RunError(
      'WORKER_UNAVAILABLE',
      `the queue of ${path.workingPath} did not answer within ${QUERY_MS / 1000} s; no worker is there, or it is busy. Look with signalbox ps, start one with signalbox worker`,
      { workingPath: path.workingPath },
    );
  }
  const found = await Promise.all(queue.entries.map(({ runId }) => describeTicket(temporal, runId)));
  const open = found.filter((run) => run !== null);
  const runs = open.map((run, index) => ({ ...run, place: index + 1, queueLength: open.length }));
  return { workingPath: path.workingPath, holder, runs };
}

/** Of every path for which somebody waits. A list lags by up to two seconds. @throws as `readQueue` */
export async function readQueues(temporal: Temporal): Promise<readonly PathQueue[]> {
  const query = `WorkflowType = 'queue' AND ExecutionStatus = 'Running'`;
  const paths: QueuedPath[] = [];
  await reading(temporal, async () => {
    for await (const { memo } of temporal.client.workflow.list({ query })) {
      const { hostId, workingPath } = (memo ?? {}) as Partial<RunMemo>;
      if (hostId !== undefined && workingPath !== undefined) paths.push({ hostId, workingPath });
    }
  });
  const queues = await Promise.all(paths.map((path) => readQueue(temporal, path)));
  return queues.filter(({ runs }) => runs.length > 0);
}

/**
 * Runs that wait, and whose ids begin like this: at most six.
 * @throws RunError `TEMPORAL_UNREACHABLE`
 */
export async function findQueued(temporal: Temporal, idPrefix: string): Promise<readonly QueuedRun[]> {
  const runIds = isRunId(idPrefix) ? [idPrefix] : await waitingIds(temporal, idPrefix);
  const found = await Promise.all(runIds.map((runId) => describeTicket(temporal, runId)));
  return Promise.all(found.filter((run) => run !== null).map((run) => withPlace(temporal, run)));
}

async function waitingIds(temporal: Temporal, idPrefix: string): Promise<readonly RunId[]> {
  const begin = ticketWorkflowId(idPrefix as RunId);
  const query = `WorkflowType = 'ticket' AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '${begin}'`;
  const runIds: RunId[] = [];
  await reading(temporal, async () => {
    for await (const { workflowId } of temporal.client.workflow.list({ query })) {
      const runId = workflowId.slice('ticket.'.length);
      if (isRunId(runId)) runIds.push(runId);
      if (runIds.length === CANDIDATES) break;
    }
  });
  return runIds;
}

type Ticket = QueuedRun & { readonly hostId: HostId };

/** Null: it does not wait, or not any more. */
async function describeTicket(temporal: Temporal, runId: RunId): Promise<Ticket | null> {
  const { client } = temporal;
  const temporalWorkflowId = ticketWorkflowId(runId);
  const facts = await reading(temporal, () => client.workflow.getHandle(temporalWorkflowId).describe());
  const memo = facts === null ? {} : memoOf(facts);
  if (facts?.status.name !== 'RUNNING' || memo.hostId === undefined || memo.workingPath === undefined) {
    return null;
  }
  return {
    runId,
    hostId: memo.hostId,
    workflow: memo.workflowName ?? 'unknown',
    workingPath: memo.workingPath,
    startedBy: memo.startedBy ?? 'unknown',
    enteredAt: facts.startTime.toISOString(),
    place: null,
    queueLength: null,
    temporalWorkflowId,
  };
}

async function withPlace({ client }: Temporal, { hostId, ...run }: Ticket): Promise<QueuedRun> {
  const queue = await askQueue(client, { hostId, workingPath: run.workingPath as WorkingPath });
  if (queue === null) return run;
  return { ...run, place: placeOf(queue, run.runId), queueLength: queue.entries.length };
}

/** Who holds a path now; null: nobody. @throws RunError `TEMPORAL_UNREACHABLE` */
export async function currentHolder(
  temporal: Temporal,
  { hostId, workingPath }: QueuedPath,
): Promise<Holder | null> {
  const { client } = temporal;
  const facts = await reading(temporal, () =>
    client.workflow.getHandle(runWorkflowId(hostId, workingPath)).describe(),
  );
  const isOpen = facts?.status.name === 'RUNNING' || facts?.status.name === 'PAUSED';
  return facts === null || !isOpen ? null : readHolder(client, workingPath, facts);
}

/** @returns null: Temporal knows of no such execution */
async function reading<Answer>(temporal: Temporal, call: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await withDeadline(temporal.client, CALL_MS, call);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw await readableTrouble(error, temporal);
  }
}
