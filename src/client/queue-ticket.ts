import { setTimeout as wait } from 'node:timers/promises';
import { memoOf, searchAttributesOf } from '../contract/run-start.js';
import { WORKFLOW_TYPES } from '../contract/run-workflow.js';
import type { StartRequest } from '../contract/start-request.js';
import { SHARED_TASK_QUEUE } from '../contract/task-queues.js';
import {
  TICKET_MESSAGES,
  type LeaveAnswer,
  type TicketRequest,
  type TicketResult,
} from '../contract/ticket-workflow.js';
import { ticketWorkflowId } from '../contract/workflow-id.js';
import { RunError } from '../core/errors.js';
import { placeOf } from '../core/queue/queue-state.js';
import type { RunId } from '../core/ids.js';
import { admitRun } from './admission.js';
import { sendUpdate } from './message-run.js';
import { askQueue, type QueuePlace } from './queue-reader.js';
import type { Temporal } from './temporal-calls.js';
import { endOfTicket } from './wait-in-queue.js';

const LOOK_EVERY_MS = 20;
/** A place is told at once where a worker is; where none is, it is taken when one comes. */
const PATIENCE_MS = 2_000;

/**
 * Takes a ticket for a run: from now on it waits for its path, whatever becomes of the caller. Asking again
 * with the same run id and start token is safe.
 * @throws RunError `RUN_ID_REUSED` the run id has a ticket of somebody else · `TEMPORAL_UNREACHABLE`
 */
export async function takeTicket(temporal: Temporal, ticket: TicketRequest): Promise<void> {
  const { request } = ticket;
  const { runId, startToken } = request;
  const title = `${request.definition.name} waits for ${request.workingPath}`;
  const workflowId = ticketWorkflowId(runId);
  const admission = await admitRun({
    ...temporal,
    workflowId,
    workflowType: WORKFLOW_TYPES.ticket,
    runId,
    startToken,
    start: {
      workflowId,
      taskQueue: SHARED_TASK_QUEUE,
      args: [ticket],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      memo: { ...memoOf(request, title) },
      typedSearchAttributes: searchAttributesOf(request, 'queued'),
      staticSummary: title,
    },
  });
  if (admission.kind === 'started') return;
  throw new RunError(
    'RUN_ID_REUSED',
    `run ${runId} waits already, by another start; leave the run id out to have one made`,
    { runId },
  );
}

/** The place of a run that has just taken a ticket, or how its wait has ended already. */
export async function awaitPlace(
  temporal: Temporal,
  request: StartRequest,
): Promise<QueuePlace | TicketResult> {
  const { client } = temporal;
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const queue = await askQueue(client, request);
    const place = queue === null ? null : placeOf(queue, request.runId);
    if (queue !== null && place !== null) return { place, queueLength: queue.entries.length };
    if (queue === null || Date.now() > end) return { place: null, queueLength: null };
    const { status } = await client.workflow.getHandle(ticketWorkflowId(request.runId)).describe();
    if (status.name !== 'RUNNING') return endOfTicket(temporal, request.runId);
    await wait(LOOK_EVERY_MS);
  }
}

/**
 * Gives a place up.
 * @throws RunError `RUN_CLOSED` it does not wait any more · `WORKER_UNAVAILABLE` · `TEMPORAL_UNREACHABLE`
 */
export function leaveQueue(
  temporal: Temporal,
  runId: RunId,
  message: { readonly by?: string; readonly reason?: string },
): Promise<LeaveAnswer> {
  const to = { ...temporal, runId, temporalWorkflowId: ticketWorkflowId(runId) };
  return sendUpdate<LeaveAnswer>(to, { name: TICKET_MESSAGES.leaveUpdate, message });
}
