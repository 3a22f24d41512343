import type { Pool, QueryResult, QueryResultRow } from 'pg';
import type { ErrorCode } from '../../core/errors.js';
import { isRefusal, unreachable } from './failure.js';
import { QUERY_DEADLINE_MS } from './pool.js';

/** One statement, in a transaction of its own. */
export interface Statement {
  /** Given: parsed and planned once per connection. */
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
  /** Another deadline than the pool's. */
  readonly query_timeout?: number;
}

/**
 * Runs one statement on any free connection. It ends within the deadline whatever the server does, on
 * pools without limits of their own too; what the server does with it later is harmless, since every
 * statement of ours may be repeated.
 * @throws what Postgres says of a value that it refuses · RunError `code` for everything else
 */
export async function ask<Row extends QueryResultRow>(
  pool: Pool,
  code: ErrorCode,
  statement: Statement,
): Promise<QueryResult<Row>> {
  const limited: Statement = { ...statement, query_timeout: QUERY_DEADLINE_MS };
  try {
    return await withinDeadline(pool.query<Row>(limited));
  } catch (error) {
    throw isRefusal(error) ? error : unreachable(code, pool, error);
  }
}

async function withinDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${QUERY_DEADLINE_MS / 1000} s`)),
      QUERY_DEADLINE_MS,
    );
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
