import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { ERROR_CODES, isErrorCode, RunError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';

/** Our error in Temporal's clothes: `type` is the code. */
export function toFailure(error: RunError): ApplicationFailure {
  return ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: !ERROR_CODES[error.code].retry,
    details: [error.details],
    ...(error.cause instanceof Error ? { cause: error.cause } : {}),
  });
}

/** The first of our errors in a chain of causes; null when there is none. */
export function fromFailure(error: unknown): RunError | null {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof RunError) return cause;
    if (cause instanceof ApplicationFailure && cause.type && isErrorCode(cause.type)) {
      const details: unknown = cause.details?.[0];
      return new RunError(cause.type, cause.message, isJsonObject(details) ? details : {}, {
        cause: error,
      });
    }
  }
  return null;
}

/** The message of the innermost cause: Temporal's own wrappers say only "Activity task failed". */
export function rootMessage(error: unknown): string {
  let cause: unknown = error;
  while (cause instanceof TemporalFailure && cause.cause !== undefined) cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
}
