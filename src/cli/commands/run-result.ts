import { formatDuration } from '../../core/duration.js';
import { ERROR_CODES, isErrorCode } from '../../core/errors.js';
import { shortRunId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import type { RunEnd } from '../../client/orchestrator.js';
import type { CommandResult } from '../context.js';
import { renderError } from '../render/failure.js';
import { renderWaiting } from '../render/gates.js';
import type { Watched } from './watch-run.js';

/** What is known of a run that was started. */
export interface StartedRun {
  readonly runId: string;
  readonly workflow: string;
  readonly workingPath: string;
  readonly temporalWorkflowId: string;
}

/** The fields that every answer about one run has, in one order. */
export function runJson(run: Partial<StartedRun>, status: string | null, output: string | null): JsonObject {
  return {
    runId: run.runId ?? null,
    workflow: run.workflow ?? null,
    status,
    workingPath: run.workingPath ?? null,
    temporalWorkflowId: run.temporalWorkflowId ?? null,
    output,
  };
}

/** How `run` ends when the run has ended, or waits for people. */
export function resultOfRun(run: StartedRun, { end, hasBegun }: Watched, tookMs: number): CommandResult {
  const json = { ...runJson(run, end.status, end.output), ...extras(end) };
  const tail = `(run ${shortRunId(run.runId)}, ${formatDuration(tookMs)})`;
  if (end.status === 'completed') {
    return {
      exitCode: 0,
      json,
      text: end.output ?? '',
      errorText: `✓ ${run.workflow} completed ${tail}${placeOfRest(end)}`,
    };
  }
  if (end.status === 'paused') {
    const text = `${renderWaiting(run.runId, end.waiting)}\n⏸ ${run.workflow} paused ${tail}`;
    return { exitCode: 0, json, text };
  }
  if (end.isRejected) {
    return {
      exitCode: 0,
      json,
      text: '',
      errorText: `✓ ${run.workflow} ended by a reviewer's reject ${tail}`,
    };
  }
  const { code, message } = end.error ?? { code: 'RUN_FAILED', message: 'the run failed and gave no reason' };
  return {
    exitCode: hasBegun || !isErrorCode(code) ? 1 : ERROR_CODES[code].exitCode,
    json,
    text: '',
    errorText: [
      renderError(code, message),
      `✖ ${run.workflow} ${end.status} ${tail}`,
      `  see      signalbox get ${shortRunId(run.runId)} --verbose`,
      ...(hasBegun ? [`  resume   signalbox resume ${shortRunId(run.runId)}`] : []),
    ].join('\n'),
  };
}

/** Whoever is shown a part must know it. */
function placeOfRest({ outputPath, isWhole }: Watched['end']): string {
  if (outputPath === null || isWhole === true) return '';
  return `\nonly the beginning of the result is shown; the whole is in ${outputPath}, on the machine that ran it`;
}

function extras(end: RunEnd): JsonObject {
  return {
    ...(end.outputPath === null ? {} : { outputPath: end.outputPath }),
    ...(end.error === null ? {} : { error: { ...end.error } }),
    ...(end.waiting.length === 0
      ? {}
      : { waiting: end.waiting.map((gate) => ({ ...gate, decisions: [...gate.decisions] })) }),
  };
}
