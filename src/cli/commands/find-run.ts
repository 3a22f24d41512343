import type { Orchestrator } from '../../client/orchestrator.js';
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
