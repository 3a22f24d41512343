import type { Orchestrator } from '../../client/orchestrator.js';
import { waitError } from '../../client/wait-end.js';
import type { RunId } from '../../core/ids.js';
import { shortRunId } from '../../core/ids.js';
import type { CliContext } from '../context.js';
import { waitLine } from '../render/queue.js';
import { oneLine } from '../render/text.js';
import type { StartedRun } from './run-result.js';

/**
 * Waits with a person until a queued run has been started: tells who holds the path and which place the run has,
 * and again whenever that has changed.
 * @returns the run as it was started
 * @throws the signal's reason · RunError why it was not started
 */
export async function waitForTurn(
  context: CliContext,
  orchestrator: Orchestrator,
  run: StartedRun,
  signal: AbortSignal,
): Promise<StartedRun> {
  const short = shortRunId(run.runId);
  const tell = (line: string): void => context.err.write(`${line}\n`);
  tell(`${oneLine(run.workflow)} · run ${short} · ${oneLine(run.workingPath, 4096)}`);
  tell(`  leave    signalbox queue leave ${short}`);
  const news = new AbortController();
  void hintAtWorker(context, news.signal);
  try {
    const end = await orchestrator.waitForTurn(run.runId as RunId, {
      onChange: (state) => {
        news.abort();
        tell(waitLine(state));
      },
      signal,
    });
    if (end.kind !== 'started') throw waitError(end, run.workingPath);
    return { ...run, temporalWorkflowId: end.temporalWorkflowId };
  } finally {
    news.abort();
  }
}

const SILENCE_MS = 5_000;

/** A run that has no place after a while waits for a worker. */
async function hintAtWorker(context: CliContext, signal: AbortSignal): Promise<void> {
  try {
    await context.pause(SILENCE_MS, signal);
  } catch {
    return;
  }
  const { workerCommand } = context.caller;
  context.err.write(`no worker has given it its place yet; where none is running: ${workerCommand}\n`);
}
