import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { fromFailure } from '../../src/contract/failure.js';
import { MESSAGES, type DecideAnswer, type DecideMessage } from '../../src/contract/messages.js';
import type { RunDescription } from '../../src/contract/messages.js';
import type { RunResult } from '../../src/contract/run-workflow.js';
import type { ErrorCode } from '../../src/core/errors.js';
import type { RunRecord } from '../../src/ports/run-table.js';
import { eventually } from './eventually.js';
import type { RunStage, StagedRun } from './run-stage.js';

/** How a run has ended: for Temporal, for whoever waits for it, and in its row. */
export interface SeenEnd {
  /** `COMPLETED`, `FAILED`, `CANCELLED` … */
  readonly temporal: string;
  readonly result: RunResult | null;
  readonly code: ErrorCode | null;
  readonly message: string | null;
  readonly row: string | null;
}

/** Waits for the end; time is skipped meanwhile, where the server can. */
export async function endOf(stage: RunStage, { handle, request }: StagedRun): Promise<SeenEnd> {
  const settled = await handle.result().then(
    (result) => ({ result: result as RunResult, code: null, message: null }),
    (error: unknown) => ({ result: null, ...failureIn(error) }),
  );
  const { status } = await handle.describe();
  const row = (await recordOf(stage, request.runId))?.status ?? null;
  return { temporal: status.name, ...settled, row };
}

function failureIn(error: unknown): Pick<SeenEnd, 'code' | 'message'> {
  if (!(error instanceof WorkflowFailedError)) throw error;
  if (error.cause instanceof CancelledFailure) return { code: null, message: null };
  const failure = fromFailure(error.cause);
  return { code: failure?.code ?? null, message: failure?.message ?? String(error.cause) };
}

/** How long a closed run took by its server's clock, skipped time included. */
export async function lifetimeMs({ handle }: StagedRun): Promise<number> {
  const { startTime, closeTime } = await handle.describe();
  return closeTime!.getTime() - startTime.getTime();
}

/** As if the database were there again: what is in it now. */
export async function recordOf(stage: RunStage, runId: string): Promise<RunRecord | undefined> {
  const { isAway } = stage.table;
  stage.table.isAway = false;
  const found = stage.table.findByPrefix(runId, 1);
  stage.table.isAway = isAway;
  return (await found)[0];
}

/** The events of a run in its table, as `node_started build`. */
export async function eventsOf(stage: RunStage, { request }: StagedRun): Promise<readonly string[]> {
  const events = await stage.table.events(request.runId);
  return events.map(({ eventType, nodeName }) => [eventType, nodeName].filter(Boolean).join(' '));
}

/** Waits until these gates wait, in the order in which they were opened. */
export async function untilWaiting(run: StagedRun, ...nodeIds: readonly string[]): Promise<RunDescription> {
  return eventually(async () => {
    const description = await run.handle.query<RunDescription>(MESSAGES.describeQuery);
    const waiting = description.waiting.map(({ nodeId }) => nodeId);
    if (waiting.join() !== nodeIds.join()) throw new Error(`${waiting.join() || 'nothing'} waits`);
    return description;
  });
}

/** @throws RunError what the run refused it with */
export async function decide(
  { handle }: StagedRun,
  message: DecideMessage,
  updateId?: string,
): Promise<DecideAnswer> {
  const args = [message] as [DecideMessage];
  return sent(handle.executeUpdate(MESSAGES.decideUpdate, { args, ...(updateId && { updateId }) }));
}

/** An update's answer, or our error that it was refused with. */
export async function sent<Answer>(update: Promise<Answer>): Promise<Answer> {
  try {
    return await update;
  } catch (error) {
    throw (error instanceof WorkflowUpdateFailedError && fromFailure(error.cause)) || error;
  }
}
