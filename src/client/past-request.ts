import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { parseStartRequest, type StartRequest } from '../contract/start-request.js';
import { RunError } from '../core/errors.js';
import { shortRunId, type RunId } from '../core/ids.js';
import type { GenerationRecord } from '../ports/run-table.js';
import { memoOf } from './holder.js';
import { isNotFound, readableTrouble, withDeadline, type Temporal } from './temporal-calls.js';

const CALL_MS = 3_000;
const NOT_FOUND: number = 5;

/**
 * With what a run was started last, as the history of that execution keeps it.
 * @throws RunError `RUN_NOT_RESUMABLE` it has completed, or Temporal has forgotten it · `TEMPORAL_UNREACHABLE` ·
 *   `CONTRACT_TOO_NEW` · `START_REQUEST_INVALID`
 */
export async function pastRequest(
  temporal: Temporal,
  runId: RunId,
  { temporalWorkflowId, temporalRunId }: GenerationRecord,
): Promise<StartRequest> {
  const { client } = temporal;
  try {
    return await withDeadline(client, CALL_MS, async () => {
      const last = await lastExecution(client, runId, temporalWorkflowId);
      if (last?.hasCompleted === true) throw completed(runId);
      const names = [temporalRunId, ...(last === null ? [] : [last.temporalRunId])];
      for (const name of names) {
        const argument = await firstArgument(client, temporalWorkflowId, name);
        if (argument !== undefined) return parseStartRequest(argument);
      }
      throw forgotten(runId);
    });
  } catch (error) {
    throw await readableTrouble(error, temporal, { runId });
  }
}

export function completed(runId: RunId): RunError {
  const short = shortRunId(runId);
  return new RunError(
    'RUN_NOT_RESUMABLE',
    `run ${short} has completed; there is nothing to resume. See it with signalbox get ${short}, start a new one with signalbox run`,
    { runId },
  );
}

function forgotten(runId: RunId): RunError {
  return new RunError(
    'RUN_NOT_RESUMABLE',
    `Temporal no longer has the history of run ${shortRunId(runId)}, so nobody knows with what it was started; start a new one with signalbox run`,
    { runId },
  );
}

/** The current execution under a run's ID, if it is one of that run. Null: another run came after it, or none is known. */
async function lastExecution(
  client: Client,
  runId: RunId,
  temporalWorkflowId: string,
): Promise<{ readonly temporalRunId: string; readonly hasCompleted: boolean } | null> {
  try {
    const current = await client.workflow.getHandle(temporalWorkflowId).describe();
    if (memoOf(current).runId !== runId) return null;
    return { temporalRunId: current.runId, hasCompleted: current.status.name === 'COMPLETED' };
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** Undefined: the execution, or its history, is gone. */
async function firstArgument(client: Client, workflowId: string, runId: string): Promise<unknown> {
  const { namespace, loadedDataConverter } = client.options;
  try {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    });
    const begun = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    const [argument] = await decodeArrayFromPayloads(loadedDataConverter, begun?.input?.payloads);
    return argument;
  } catch (error) {
    if ((error as { code?: unknown }).code === NOT_FOUND) return undefined;
    throw error;
  }
}
