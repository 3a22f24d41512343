import type { Pool } from 'pg';
import { ask } from './query.js';

/** Newest first, as a run finds the codebase that it belongs to. Archon's older tables have no such column. */
const DEFAULT_BRANCH = `
SELECT to_jsonb(codebase) ->> 'default_branch' AS branch FROM remote_agent_codebases AS codebase
WHERE default_cwd = left($1, 500) ORDER BY created_at DESC LIMIT 1`;

/**
 * The default branch that Archon has noted for a project; empty: none.
 * @param directory main checkout, or the directory of a project without git
 * @throws RunError `RUN_TABLE_UNREACHABLE`
 */
export async function defaultBranchOf(pool: Pool, directory: string): Promise<string> {
  const question = { text: DEFAULT_BRANCH, values: [directory] };
  const { rows } = await ask<{ readonly branch: string | null }>(pool, 'RUN_TABLE_UNREACHABLE', question);
  return rows[0]?.branch?.trim() ?? '';
}
