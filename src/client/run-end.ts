import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { fromFailure, rootMessage } from '../contract/failure.js';
import type { RunResult } from '../contract/run-workflow.js';
import { RunError } from '../core/errors.js';
import type { RunId } from '../core/ids.js';
import { isJsonObject, type JsonObject } from '../core/json.js';
import { isTerminal } from '../core/mirror/rows.js';
import type { TextValue } from '../core/run/task.js';
import type { RunRecord } from '../ports/run-table.js';
import type { RunEnd } from './orchestrator.js';

/** What Temporal says of a run that has closed. `failure` null: it no longer knows the run, only its row does. */
export type Closed = { readonly result: RunResult } | { readonly failure: unknown };

const CODE_OF = { cancelled: 'RUN_CANCELLED', failed: 'RUN_FAILED' } as const;

/** A run that goes on without us. */
export function openEnd(runId: RunId): RunEnd {
  return {
    runId,
    status: 'paused',
    output: null,
    outputPath: null,
    error: null,
    isRejected: false,
    waiting: [],
  };
}

/** How a run ended, from what Temporal says and what its row adds. @throws RunError `RUN_NOT_FOUND` */
export function runEnd(runId: RunId, closed: Closed, record: RunRecord | null): RunEnd {
  const base = openEnd(runId);
  if ('result' in closed) return { ...base, status: 'completed', ...shown(closed.result.output) };
  if (closed.failure === null) return endOfRecord(base, record);
  const cause = closed.failure instanceof WorkflowFailedError ? closed.failure.cause : closed.failure;
  const failure = fromFailure(cause);
  if (cause instanceof CancelledFailure || failure?.code === 'RUN_CANCELLED')
    return cancelledEnd(base, record);
  if (cause instanceof TerminatedFailure) return terminatedEnd(base, cause, record);
  const code = failure?.code ?? CODE_OF.failed;
  return { ...base, status: 'failed', error: { code, message: failure?.message ?? rootMessage(cause) } };
}

function shown(output: TextValue | null): Pick<RunEnd, 'output' | 'outputPath'> {
  if (output === null) return { output: null, outputPath: null };
  return output.kind === 'inline'
    ? { output: output.text, outputPath: null }
    : { output: output.excerpt, outputPath: output.path };
}

function endOfRecord(base: RunEnd, record: RunRecord | null): RunEnd {
  if (record === null || !isTerminal(record.status)) {
    throw new RunError(
      'RUN_NOT_FOUND',
      `Temporal does not know run ${base.runId}${record === null ? '' : `, though its row says ${record.status}`}; see it with signalbox get ${base.runId}`,
      { runId: base.runId },
    );
  }
  const { summary, error } = record.metadata;
  if (record.status === 'cancelled') return cancelledEnd(base, record);
  if (record.status === 'completed') {
    return { ...base, status: 'completed', output: typeof summary === 'string' ? summary : null };
  }
  const message = typeof error === 'string' ? error : 'the run has failed';
  return { ...base, status: 'failed', error: { code: CODE_OF.failed, message } };
}

/** Who cancelled a run and why stands in its row: Temporal's own word for it says neither. */
function cancelledEnd(base: RunEnd, record: RunRecord | null): RunEnd {
  const ours = objectOf(record?.metadata['signalbox']);
  const { by, reason } = objectOf(ours['cancellation']);
  const who = typeof by === 'string' ? ` by ${by}` : '';
  const why = typeof reason === 'string' ? `: ${reason}` : '';
  return {
    ...base,
    status: 'cancelled',
    error: { code: CODE_OF.cancelled, message: `the run was cancelled${who}${why}` },
    isRejected: ours['isRejected'] === true,
  };
}

/** Its row learns of it seconds later, and then says who it was. */
function terminatedEnd(base: RunEnd, { message }: TerminatedFailure, record: RunRecord | null): RunEnd {
  if (record?.status === 'cancelled') return cancelledEnd(base, record);
  const because = message === '' ? '' : `: ${message}`;
  const error = { code: CODE_OF.cancelled, message: `the run was terminated in Temporal${because}` };
  return { ...base, status: 'cancelled', error };
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
