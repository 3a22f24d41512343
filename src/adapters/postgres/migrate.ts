import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Pool, PoolClient } from 'pg';
import { unreachable } from './failure.js';
import { makePool } from './pool.js';
import { ask, type Statement } from './query.js';

/** Beside this file, in `src` and in `dist` alike. */
const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));

/** Longest that one caller waits for the others and for its own migrations. */
const LIMIT_MS = 60_000;

/** Our own, so that another program's migrations of the same database don't wait for ours. */
const LOCK = 74_156_102_033;

/**
 * Brings the tables of signalbox up to date, and makes those of Archon that are missing. May be called at
 * any time, by any number of processes at once; the first does the work, the others wait. Needs the
 * right to make a schema and tables, but only while something is missing.
 * @throws RunError `DATABASE_UNREACHABLE`
 */
export async function migrate(database: string | Pool): Promise<void> {
  if (typeof database !== 'string') return migratePool(database);
  const pool = makePool(database, { max: 1 });
  try {
    await migratePool(pool);
  } finally {
    await pool.end();
  }
}

async function migratePool(pool: Pool): Promise<void> {
  if ((await pendingMigrations(pool)).length === 0) return;
  let client: PoolClient | undefined;
  let failure: Error | undefined;
  try {
    client = await pool.connect();
    // Who runs a query meets the error too.
    client.on('error', ignore);
    await lockedMigrations(client);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw unreachable('DATABASE_UNREACHABLE', pool, error);
  } finally {
    client?.off('error', ignore);
    // A connection that failed half way may hold the lock: it is closed, not given back.
    client?.release(failure);
  }
}

async function lockedMigrations(client: PoolClient): Promise<void> {
  await client.query(`SET statement_timeout = ${LIMIT_MS}`);
  await client.query({ text: `SELECT pg_advisory_lock(${LOCK})`, query_timeout: LIMIT_MS } as Statement);
  await runMigrations(client);
  await client.query(`SELECT pg_advisory_unlock(${LOCK})`);
  await client.query('RESET statement_timeout');
}

async function runMigrations(client: PoolClient): Promise<void> {
  const { runner } = await import('node-pg-migrate');
  const { rows } = await client.query<{ exists: boolean }>(
    `SELECT to_regnamespace('signalbox') IS NOT NULL AS exists`,
  );
  await runner({
    dbClient: client,
    dir: FOLDER,
    direction: 'up',
    migrationsSchema: 'signalbox',
    migrationsTable: 'migrations',
    // To make one that exists needs the right to make one.
    createMigrationsSchema: rows[0]?.exists !== true,
    noLock: true,
    singleTransaction: true,
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
}

const ignore = (): void => undefined;

/** Names of the migrations that this database has not seen, in order. @throws RunError `DATABASE_UNREACHABLE` */
export async function pendingMigrations(pool: Pool): Promise<readonly string[]> {
  const files = await readdir(FOLDER);
  const names = files
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort();
  const table = await ask<{ exists: boolean }>(pool, 'DATABASE_UNREACHABLE', {
    text: `SELECT to_regclass('signalbox.migrations') IS NOT NULL AS exists`,
    values: [],
  });
  if (table.rows[0]?.exists !== true) return names;
  const { rows } = await ask<{ name: string }>(pool, 'DATABASE_UNREACHABLE', {
    text: 'SELECT name FROM signalbox.migrations',
    values: [],
  });
  const done = new Set(rows.map((row) => row.name));
  return names.filter((name) => !done.has(name));
}
