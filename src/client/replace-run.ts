import { setTimeout as wait } from 'node:timers/promises';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { MESSAGES } from '../contract/messages.js';
import type { StartRequest } from '../contract/start-request.js';
import { RunError } from '../core/errors.js';
import { shortRunId } from '../core/ids.js';
import { memoOf } from './holder.js';
import { sendUpdate } from './message-run.js';
import { isNotFound, readableTrouble, withDeadline, type Temporal } from './temporal-calls.js';

/** Beyond any grace that a node is given, so that it means trouble. */
const PATIENCE_MS = 60_000;
const CALL_MS = 5_000;

/**
 * Cancels the run that holds a path, and waits until it has closed: by then nothing of it is alive. A holder
 * that was no run of ours is left alone.
 * @returns whether its path was given back
 * @throws RunError `PATH_STILL_OCCUPIED` it has not ended in time · `WORKER_UNAVAILABLE` · `TEMPORAL_UNREACHABLE`
 */
export async function endHolder(
  temporal: Temporal,
  holder: WorkflowExecutionDescription,
  { runId: ownRunId, startedBy, graceMs }: StartRequest,
): Promise<boolean> {
  const { runId } = memoOf(holder);
  if (runId === undefined) return false;
  const message = { by: startedBy, reason: `replaced by run ${ownRunId}` };
  const to = { ...temporal, runId, temporalWorkflowId: holder.workflowId };
  try {
    await sendUpdate(to, { name: MESSAGES.cancelUpdate, message });
  } catch (error) {
    if (!(error instanceof RunError) || error.code !== 'RUN_CLOSED') throw error;
  }
  const over = new AbortController();
  const limitMs = PATIENCE_MS + graceMs;
  const isInTime = await Promise.race([
    untilClosed(temporal, holder.workflowId, runId).then(() => true),
    wait(limitMs, false, { signal: over.signal }),
  ]).finally(() => over.abort());
  if (isInTime) return true;
  throw new RunError(
    'PATH_STILL_OCCUPIED',
    `run ${shortRunId(runId)} is being cancelled, and had not ended after ${Math.round(limitMs / 1000)} s; nothing was started. Look with signalbox status, and at the worker with signalbox ps`,
    { runId },
  );
}

/** Across continued executions, until the ID is free or another run's. */
async function untilClosed(temporal: Temporal, workflowId: string, runId: string): Promise<void> {
  const { client } = temporal;
  for (;;) {
    try {
      const current = await withDeadline(client, CALL_MS, () =>
        client.workflow.getHandle(workflowId).describe(),
      );
      const isOpen = current.status.name === 'RUNNING' || current.status.name === 'PAUSED';
      if (!isOpen || memoOf(current).runId !== runId) return;
      await client.workflow
        .getHandle(workflowId, current.runId)
        .result()
        .catch(() => undefined);
    } catch (error) {
      if (isNotFound(error)) return;
      throw await readableTrouble(error, temporal, { runId });
    }
  }
}
