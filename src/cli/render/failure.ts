import { ERROR_CODES, RunError, type ErrorCode } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { CommandResult } from '../context.js';

/** A sentence what was met, a sentence what to do, the code last. */
export function renderError(code: string, message: string): string {
  return `✖ ${message.trimEnd()} (${code})`;
}

/** What nobody thought of, as an error of ours. */
export function unforeseen(error: unknown): RunError {
  const message = error instanceof Error ? error.message : String(error);
  return new RunError(
    'INTERNAL',
    `something unforeseen happened: ${message}; please report it, with what you typed`,
    {},
    { cause: error },
  );
}

/** @returns the result of a command that ended with an error */
export function failedResult(error: RunError, facts: JsonObject = {}): CommandResult {
  return {
    exitCode: ERROR_CODES[error.code].exitCode,
    json: { ...facts, ...identityIn(error), error: errorJson(error) },
    text: '',
    errorText: renderError(error.code, error.message),
  };
}

export function errorJson(error: RunError): JsonObject {
  const details = JSON.parse(JSON.stringify(error.details)) as JsonObject;
  const hasDetails = Object.keys(details).length > 0;
  return { code: error.code, message: error.message, ...(hasDetails ? { details } : {}) };
}

/** A failed start may have started a run all the same: then its id stands where it always stands. */
function identityIn(error: RunError): JsonObject {
  const { runId } = error.details;
  return typeof runId === 'string' ? { runId } : {};
}

export function usageError(message: string): RunError {
  return new RunError('USAGE' satisfies ErrorCode, message);
}
