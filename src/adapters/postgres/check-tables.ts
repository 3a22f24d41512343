import type { Pool } from 'pg';
import { pendingMigrations } from './migrate.js';
import { addressOf } from './pool.js';
import { ask } from './query.js';

/** What `doctor` tells about the database. */
export interface TableCheck {
  /** Host, port and database; no password. */
  readonly address: string;
  /** As the server says it: `18.4`. */
  readonly serverVersion: string;
  /** `signalbox setup` runs these. */
  readonly pendingMigrations: readonly string[];
  /** `table.column` of Archon's tables that we use and this database lacks: its Archon is too old, or never ran. */
  readonly missingColumns: readonly string[];
}

/** The columns of Archon's tables that our statements name. */
const USED = {
  remote_agent_codebases: ['id', 'name', 'default_cwd', 'created_at'],
  remote_agent_conversations: [
    'id',
    'platform_type',
    'platform_conversation_id',
    'codebase_id',
    'cwd',
    'title',
    'deleted_at',
    'last_activity_at',
  ],
  remote_agent_workflow_runs: [
    'id',
    'workflow_name',
    'conversation_id',
    'codebase_id',
    'status',
    'user_message',
    'metadata',
    'started_at',
    'completed_at',
    'last_activity_at',
    'working_path',
    'output_root',
  ],
  remote_agent_workflow_events: [
    'id',
    'workflow_run_id',
    'event_order',
    'event_type',
    'step_name',
    'data',
    'created_at',
  ],
} as const;

const MISSING = `
SELECT used.column FROM unnest($1::text[]) AS used ("column")
WHERE NOT EXISTS (
  SELECT FROM pg_attribute WHERE attrelid = to_regclass(split_part(used.column, '.', 1))
    AND attname = split_part(used.column, '.', 2) AND NOT attisdropped)`;

/** @throws RunError `DATABASE_UNREACHABLE` */
export async function checkTables(pool: Pool): Promise<TableCheck> {
  const version = await ask<{ server_version: string }>(pool, 'DATABASE_UNREACHABLE', {
    text: 'SHOW server_version',
    values: [],
  });
  const columns = Object.entries(USED).flatMap(([table, names]) => names.map((name) => `${table}.${name}`));
  const missing = await ask<{ column: string }>(pool, 'DATABASE_UNREACHABLE', {
    text: MISSING,
    values: [columns],
  });
  return {
    address: addressOf(pool),
    serverVersion: version.rows[0]?.server_version ?? 'unknown',
    pendingMigrations: await pendingMigrations(pool),
    missingColumns: missing.rows.map((row) => row.column),
  };
}
