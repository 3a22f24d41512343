import { toFailure } from '../src/contract/failure.js';
import { RunError } from '../src/core/errors.js';
import { isJsonObject } from '../src/core/json.js';

/** Refusals as Temporal's failures: of anything else it would think that the run itself has failed. */
export function refusing<Message, Answer>(
  answer: (message: Message) => Answer,
): (message: Message) => Answer {
  return (message) => {
    try {
      return answer(message);
    } catch (error) {
      throw error instanceof RunError ? toFailure(error) : error;
    }
  };
}

/** @throws RunError `USAGE` it is something else */
export function textOrNull(message: Readonly<Record<string, unknown>>, key: string): string | null {
  const value = message[key];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new RunError('USAGE', `${key} is no text`);
  return value;
}

/**
 * Of a message that ends something, or gives it up: who sends it and why, if they say.
 * @throws RunError `USAGE` it is something else
 */
export function readWhoAndWhy(message: unknown): {
  readonly by: string | null;
  readonly reason: string | null;
} {
  if (message === undefined || message === null) return { by: null, reason: null };
  if (!isJsonObject(message)) {
    throw new RunError('USAGE', 'the message is no object: write {"by": "…", "reason": "…"}');
  }
  return { by: textOrNull(message, 'by'), reason: textOrNull(message, 'reason') };
}
