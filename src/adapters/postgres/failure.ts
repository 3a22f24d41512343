import { DatabaseError, type Pool } from 'pg';
import { type ErrorCode, RunError } from '../../core/errors.js';
import { addressOf } from './pool.js';

/**
 * Classes of SQLSTATE that blame what was written: cardinality, data, integrity, triggered data change,
 * routines (somebody's trigger), check option, limits, raised exceptions. All others blame connection,
 * resources, concurrency, rights or a missing table: the same write may pass later.
 */
const REFUSALS = new Set(['21', '22', '23', '27', '2F', '38', '39', '44', '54', 'P0']);
const VALUE_REFUSALS = new Set(['22', '54']);
const NOT_SET_UP = new Set(['3F000', '42P01', '42703', '42501']);

const sqlState = (error: unknown): string =>
  error instanceof DatabaseError && error.code !== undefined ? error.code : '';

/** Whether the write itself is at fault, so that trying it again unchanged is of no use. */
export function isRefusal(error: unknown): boolean {
  return REFUSALS.has(sqlState(error).slice(0, 2)) || isTooLargeToSend(error);
}

/** Whether a changed value may pass: it is no text, too long, too deep, too large. */
export function isValueRefusal(error: unknown): boolean {
  return VALUE_REFUSALS.has(sqlState(error).slice(0, 2)) || isTooLargeToSend(error);
}

/** Strings beyond half a gigabyte and endless nesting fail in JavaScript already. */
function isTooLargeToSend(error: unknown): boolean {
  return error instanceof RangeError;
}

export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return error instanceof DatabaseError && error.code === '23505' && error.constraint === constraint;
}

/** The sentence for a database that does not do its part, with the next thing to do. */
export function unreachable(code: ErrorCode, pool: Pool, cause: unknown): RunError {
  const address = addressOf(pool);
  const state = sqlState(cause);
  const sentence = `${whatWasMet(address, state)} (${reasonOf(cause)}); ${nextStep(state)}`;
  return new RunError(code, sentence, { address, sqlState: state }, { cause });
}

function whatWasMet(address: string, state: string): string {
  if (NOT_SET_UP.has(state)) return `Postgres at ${address} is not set up for signalbox`;
  return state === '' ? `Postgres at ${address} can't be reached` : `Postgres at ${address} can't serve us`;
}

function nextStep(state: string): string {
  if (NOT_SET_UP.has(state)) return 'run signalbox setup';
  return 'check DATABASE_URL and the server (signalbox doctor), or run signalbox up for the local one';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join('; ');
  }
  return error.message;
}
