import type { Orchestrator } from '../../client/orchestrator.js';
import type { RunRecord } from '../../ports/run-table.js';
import type { StartedRun } from './run-result.js';

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
