import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { monotonic } from './clock.js';
import type { Hold, NodeRecord } from './evidence.js';

/**
 * Archon's way to admit one run per path, made again to be compared with: look whether anybody is there, then
 * write that one is there oneself. `running-rows` is the guard that it began with; `pending-rows`, its
 * successor, inserts its own row first, counts rows that are still pending, and lets the older of two win.
 */
export type GuardKind = 'running-rows' | 'pending-rows';

export const GUARD_TABLE = `CREATE TABLE runs (
  id uuid PRIMARY KEY,
  working_path text NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  started_at timestamptz NOT NULL DEFAULT now())`;

const OTHERS: Readonly<Record<GuardKind, string>> = {
  'running-rows': `SELECT id FROM runs WHERE working_path = $1 AND id <> $2 AND status = 'running'
    AND $3::timestamptz IS NOT NULL LIMIT 1`,
  'pending-rows': `SELECT id FROM runs WHERE working_path = $1 AND id <> $2
    AND (status IN ('running', 'paused') OR (status = 'pending' AND started_at > now() - interval '5 minutes'))
    AND (started_at, id) < ($3, $2) ORDER BY started_at, id LIMIT 1`,
};

/** What several launches at once have left: who held the path when, and what they wrote there. */
export interface GuardedRound {
  readonly holds: readonly Hold[];
  readonly records: readonly NodeRecord[];
}

/** Launches so many runs on one path at once under a guard; each that passes works for a moment. */
export async function launchTogether(
  pool: Pool,
  guard: GuardKind,
  { path, launches }: { readonly path: string; readonly launches: number },
): Promise<GuardedRound> {
  const clients = await Promise.all(Array.from({ length: launches }, () => pool.connect()));
  const holds: Hold[] = [];
  const records: NodeRecord[] = [];
  const launch = async (client: PoolClient): Promise<void> => {
    const run = randomUUID();
    if (!(await passes(client, guard, path, run))) return;
    const from = monotonic();
    const write = (kind: NodeRecord['kind']): void => {
      records.push({ path, at: monotonic(), kind, run, session: run });
    };
    write('enter');
    await wait(20);
    write('exit');
    holds.push({ path, run, from, to: monotonic() });
    await client.query(`UPDATE runs SET status = 'completed' WHERE id = $1`, [run]);
  };
  try {
    await Promise.all(clients.map(launch));
  } finally {
    for (const client of clients) client.release();
  }
  return { holds, records };
}

async function passes(client: PoolClient, guard: GuardKind, path: string, run: string): Promise<boolean> {
  const inserted = await client.query<{ started_at: Date }>(
    'INSERT INTO runs (id, working_path) VALUES ($1, $2) RETURNING started_at',
    [run, path],
  );
  // A JavaScript date: the database's microseconds are lost on the way, as they are there.
  const startedAt = inserted.rows[0]?.started_at;
  const others = await client.query(OTHERS[guard], [path, run, startedAt]);
  const isFree = others.rows.length === 0;
  await client.query('UPDATE runs SET status = $2 WHERE id = $1', [run, isFree ? 'running' : 'cancelled']);
  return isFree;
}
