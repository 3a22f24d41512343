import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { fromFailure } from '../contract/failure.js';
import { RunError } from '../core/errors.js';
import { shortRunId } from '../core/ids.js';
import { isNotFound, readableTrouble, withDeadline } from './temporal-calls.js';

const DESCRIBE_MS = 2_500;
const CALL_MS = 5_000;

/** Whom a message is for. `runId` is checked by the receiver's memo before anything is sent. */
export interface Addressee {
  readonly client: Client;
  readonly address: string;
  readonly runId: string;
  readonly temporalWorkflowId: string;
}

export interface UpdateRequest {
  readonly name: string;
  readonly message: object;
  /** The same update, sent again, gets the same answer; default a new one. */
  readonly updateId?: string | undefined;
}

/**
 * Sends an update to a run and waits for its answer.
 * @throws RunError what the run refused it with · `RUN_CLOSED` · `WORKER_UNAVAILABLE` · `TEMPORAL_UNREACHABLE`, these
 *   two with the `updateId` in their details: the run may have taken it
 */
export async function sendUpdate<Answer>(to: Addressee, request: UpdateRequest): Promise<Answer> {
  const { client, runId, temporalWorkflowId } = to;
  const { name, message, updateId = randomUUID() } = request;
  try {
    const holder = await withDeadline(client, DESCRIBE_MS, () =>
      client.workflow.getHandle(temporalWorkflowId).describe(),
    );
    if (holder.memo?.['runId'] !== runId || holder.status.name !== 'RUNNING') throw closed(runId);
    return await withDeadline(client, CALL_MS, () =>
      client.workflow
        .getHandle(temporalWorkflowId, holder.runId)
        .executeUpdate<Answer, [object]>(name, { args: [message], updateId }),
    );
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw fromFailure(error) ?? error;
    if (isNotFound(error)) throw closed(runId);
    if (isUpdateTimeout(error)) {
      throw new RunError(
        'WORKER_UNAVAILABLE',
        `run ${shortRunId(runId)} did not answer within ${CALL_MS / 1000} s; its worker is away or busy. Look with signalbox ps, start one with signalbox worker`,
        { runId, updateId },
        { cause: error },
      );
    }
    throw await readableTrouble(error, to, { runId, updateId });
  }
}

function closed(runId: string): RunError {
  const short = shortRunId(runId);
  return new RunError('RUN_CLOSED', `run ${short} is over; see it with signalbox get ${short}`, { runId });
}

function isUpdateTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowUpdateRPCTimeoutOrCancelledError';
}
