import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  ContinueAsNew,
  continueAsNew,
  log,
  proxyActivities,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import { TemporalFailure } from '@temporalio/common';
import type { Activities } from '../src/contract/activities.js';
import { toFailure } from '../src/contract/failure.js';
import type { StartRequest } from '../src/contract/start-request.js';
import { hostTaskQueue } from '../src/contract/task-queues.js';
import {
  parseTicketRequest,
  type TicketRequest,
  type TicketResult,
} from '../src/contract/ticket-workflow.js';
import { ticketWorkflowId } from '../src/contract/workflow-id.js';
import { RunError } from '../src/core/errors.js';
import { REMOVE_ENVIRONMENT } from './activity-options.js';
import { historyPressure } from './continue-run.js';
import { enterQueue } from './enter-queue.js';
import { LiveTicket } from './live-ticket.js';
import { waitForTurn } from './wait-for-turn.js';

/** What one execution of a ticket hands to the next. */
interface CarriedTicket {
  readonly enteredAt: string;
}

/**
 * A place in the queue of a path. When its turn comes it starts its run, and is over.
 * @param value a `TicketRequest`, checked again here
 * @param carried what the execution before handed over
 */
export async function ticket(value: unknown, carried?: CarriedTicket): Promise<TicketResult> {
  try {
    return await conduct(admitTicket(value), carried);
  } catch (error) {
    if (error instanceof ContinueAsNew || error instanceof TemporalFailure) throw error;
    throw error instanceof RunError ? toFailure(error) : error;
  }
}

setWorkflowOptions({ failureExceptionTypes: [Error] }, ticket);

/** @throws RunError `START_REQUEST_INVALID` · `CONTRACT_TOO_NEW` · `WRONG_WORKFLOW_ID` */
function admitTicket(value: unknown): TicketRequest {
  const admitted = parseTicketRequest(value);
  const expected = ticketWorkflowId(admitted.request.runId);
  if (workflowInfo().workflowId === expected) return admitted;
  throw new RunError(
    'WRONG_WORKFLOW_ID',
    `this execution is called ${workflowInfo().workflowId}, but the ticket of its run is called ${expected}; nothing was done. Queue with signalbox run --on-busy wait`,
  );
}

async function conduct(admitted: TicketRequest, carried: CarriedTicket | undefined): Promise<TicketResult> {
  const enteredAt = carried?.enteredAt ?? workflowInfo().startTime.toISOString();
  const live = new LiveTicket(admitted, enteredAt);
  live.listen();
  const temporal = CancellationScope.current();
  temporal.cancelRequested.catch(() => live.leave(null, 'cancelled in Temporal'));
  return CancellationScope.nonCancellable(async () => {
    if (carried === undefined) await enterQueue(live.request, live.entry);
    const result = await waitForTurn(live, async () => {
      if (historyPressure() === 'none' || !allHandlersFinished()) return;
      await continueAsNew<typeof ticket>(admitted, { enteredAt });
    });
    if (result.kind !== 'started') await tidyUp(live.request);
    live.tell(result.kind);
    await condition(allHandlersFinished);
    if (result.kind === 'left' && temporal.consideredCancelled) throw new CancelledFailure('left the queue');
    return result;
  });
}

/** The environment that the client left for the run, on the host that the run will not come to. */
async function tidyUp({ hasClientEnvironment, hostId, uid, runId }: StartRequest): Promise<void> {
  if (!hasClientEnvironment) return;
  const options = { ...REMOVE_ENVIRONMENT, taskQueue: hostTaskQueue(hostId, uid) };
  try {
    await proxyActivities<Activities>(options).removeEnvironment({ runId });
  } catch (error) {
    log.warn('the environment that the client left was not removed', { runId, error });
  }
}
