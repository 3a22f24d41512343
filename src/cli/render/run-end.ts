import type { RunEnd } from '../../client/orchestrator.js';
import { shortRunId } from '../../core/ids.js';
import type { RunRecord } from '../../ports/run-table.js';
import { renderError } from './failure.js';
import { oneLine } from './text.js';

/** How a run has ended, for whoever has followed it. */
export function endLines({ workflowName, runId }: RunRecord, { status, error, isRejected }: RunEnd): string {
  const run = `(run ${shortRunId(runId)})`;
  const workflow = oneLine(workflowName);
  if (isRejected) return `✓ ${workflow} ended by a reviewer's reject ${run}`;
  if (status === 'completed' || status === 'paused') return `✓ ${workflow} ${status} ${run}`;
  return [
    ...(error === null ? [] : [renderError(error.code, error.message)]),
    `✖ ${workflow} ${status} ${run}`,
    `  see      signalbox get ${shortRunId(runId)} --verbose`,
  ].join('\n');
}
