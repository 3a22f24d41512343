import { Pool } from 'pg';

export interface PoolOptions {
  /** Connections at most. */
  readonly max?: number;
  /** For a command: an idle connection does not keep the process alive. */
  readonly allowExitOnIdle?: boolean;
}

/** Longest that one query may take, its wait for a connection included. */
export const QUERY_DEADLINE_MS = 5_000;

/** Shorter than the deadline: the server gives up, and lets go of its locks, before we stop waiting. */
const SERVER_LIMIT_MS = 4_000;

/**
 * Connections to Postgres, made on first use. A connection that the server closes while idle is replaced
 * unnoticed; who is using it meets the error.
 */
export function makePool(databaseUrl: string, options: PoolOptions = {}): Pool {
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: 'signalbox',
    max: options.max ?? 10,
    allowExitOnIdle: options.allowExitOnIdle ?? false,
    connectionTimeoutMillis: SERVER_LIMIT_MS,
    statement_timeout: SERVER_LIMIT_MS,
    idle_in_transaction_session_timeout: SERVER_LIMIT_MS,
    query_timeout: QUERY_DEADLINE_MS,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
  });
  pool.on('error', () => undefined);
  return pool;
}

/** Where the pool connects to, for people: no password, no parameters. */
export function addressOf(pool: Pool): string {
  const { connectionString, host, port, database } = pool.options;
  if (connectionString !== undefined) {
    try {
      const url = new URL(connectionString);
      return `${url.host || url.searchParams.get('host') || 'localhost'}${url.pathname}`;
    } catch {
      return 'the configured address';
    }
  }
  return `${host ?? 'localhost'}:${port ?? 5432}/${database ?? ''}`;
}
