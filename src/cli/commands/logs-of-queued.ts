import type { Orchestrator } from '../../client/orchestrator.js';
import type { QueuedRun } from '../../client/queue-reader.js';
import { RunError } from '../../core/errors.js';
import type { RunRecord } from '../../ports/run-table.js';
import type { CliContext, CommandResult } from '../context.js';
import { queuedJson, waitLine } from '../render/queue.js';
import { findRun } from './find-run.js';
import { waitForTurn } from './wait-for-turn.js';

/** What there is to read of a run that waits for its path: that it does, and for whom. */
export async function logsOfQueued(
  { err }: CliContext,
  orchestrator: Orchestrator,
  run: QueuedRun,
): Promise<CommandResult> {
  const queues = await orchestrator.queues(run.workingPath).catch(() => []);
  err.write(`${waitLine({ ...run, holder: queues[0]?.holder ?? null })}\n`);
  return { exitCode: 0, json: { ...queuedJson(run), logs: [] }, text: '' };
}

const ROW_EVERY_MS = 200;
/** A row that has not landed by then never does: its run has ended for that. */
const ROW_WITHIN_MS = 90_000;

/**
 * Waits with a person until a queued run has been started and has its row.
 * @throws RunError why it was not started · `RUN_NOT_FOUND` it was, and has written no row
 */
export async function untilStarted(
  context: CliContext,
  orchestrator: Orchestrator,
  run: QueuedRun,
): Promise<RunRecord> {
  // Nobody aborts it: Ctrl-C ends the process, and the run keeps its place.
  const { signal } = new AbortController();
  await waitForTurn(context, orchestrator, run, signal);
  for (let waitedMs = 0; ; waitedMs += ROW_EVERY_MS) {
    try {
      return await findRun(orchestrator, run.runId);
    } catch (error) {
      const isMissing = error instanceof RunError && error.code === 'RUN_NOT_FOUND';
      if (!isMissing || waitedMs >= ROW_WITHIN_MS) throw error;
    }
    await context.pause(ROW_EVERY_MS, signal);
  }
}
