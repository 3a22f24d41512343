import type { Orchestrator } from '../../client/orchestrator.js';
import type { QueuedRun } from '../../client/queue-reader.js';
import { RunError } from '../../core/errors.js';
import type { RunRecord } from '../../ports/run-table.js';
import type { CommandResult } from '../context.js';
import { failedResult } from '../render/failure.js';
import { runJson, type StartedRun } from './run-result.js';

/** A row as the facts that every answer about a run has. */
export function startedRun(record: RunRecord): StartedRun {
  return {
    runId: record.runId,
    workflow: record.workflowName,
    workingPath: record.workingPath ?? '',
    temporalWorkflowId: record.temporalWorkflowId ?? '',
  };
}

/** @throws RunError `RUN_NOT_FOUND` · `RUN_ID_AMBIGUOUS` */
export function findRun(orchestrator: Orchestrator, idOrPrefix: string): Promise<RunRecord> {
  return orchestrator.find(idOrPrefix.trim().toLowerCase());
}

/** What is asked of a run; when it is refused, told with the run that refused it. */
export async function askOf(record: RunRecord, ask: () => Promise<CommandResult>): Promise<CommandResult> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return failedResult(error, runJson(startedRun(record), record.status, null));
  }
}

/** The one run that waits and whose id begins like this; null: there is none. @throws RunError `RUN_ID_AMBIGUOUS` */
export async function findQueued(orchestrator: Orchestrator, idOrPrefix: string): Promise<QueuedRun | null> {
  const [only, ...others] = await orchestrator.findQueued(idOrPrefix);
  if (only === undefined || others.length === 0) return only ?? null;
  const candidates = [only, ...others].map(({ runId }) => runId);
  throw new RunError(
    'RUN_ID_AMBIGUOUS',
    `${JSON.stringify(idOrPrefix)} fits several runs that wait: ${candidates.join(', ')}. Type more of the id`,
    { candidates },
  );
}

/**
 * A run that has a row, or one that still waits for its path.
 * @throws RunError `RUN_NOT_FOUND` · `RUN_ID_AMBIGUOUS`
 */
export async function findRunOrQueued(
  orchestrator: Orchestrator,
  idOrPrefix: string,
): Promise<{ readonly record: RunRecord } | { readonly queued: QueuedRun }> {
  try {
    return { record: await findRun(orchestrator, idOrPrefix) };
  } catch (error) {
    if (!(error instanceof RunError) || error.code !== 'RUN_NOT_FOUND') throw error;
    const queued = await findQueued(orchestrator, idOrPrefix);
    if (queued === null) throw error;
    return { queued };
  }
}
