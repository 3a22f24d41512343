import type { Pool } from 'pg';
import type {
  EnvironmentRecord,
  IsolationRows,
  IsolationTable,
  RunWorktree,
} from '../../ports/isolation-table.js';
import type { Logger } from '../../ports/logger.js';
import { isRefusal } from './failure.js';
import { ask } from './query.js';
import { iso } from './times.js';

/** `$1` run id, `$2` what its task is called, `$3` branch, `$4` path. */
const RECORD = `
WITH run AS (
  SELECT id, codebase_id, conversation_id FROM remote_agent_workflow_runs
  WHERE id = $1 AND codebase_id IS NOT NULL
),
environment AS (
  INSERT INTO remote_agent_isolation_environments AS known
    (codebase_id, workflow_type, workflow_id, provider, working_path, branch_name, created_by_platform)
  SELECT codebase_id, 'task', $2, 'worktree', $4, $3, 'signalbox' FROM run
  ON CONFLICT (codebase_id, workflow_type, workflow_id) WHERE status = 'active' DO UPDATE SET
    working_path = excluded.working_path, branch_name = excluded.branch_name
  RETURNING id
),
conversation AS (
  UPDATE remote_agent_conversations AS conversation SET cwd = left($4, 500), isolation_env_id = environment.id
  FROM run, environment WHERE conversation.id = run.conversation_id
)
UPDATE remote_agent_workflow_runs AS row SET metadata = COALESCE(row.metadata, '{}')
  || jsonb_build_object('isolation_env_id', environment.id, 'branch_name', $3::text)
FROM run, environment WHERE row.id = run.id`;

/** `$1` main checkout of a repository, or null. */
const ACTIVE = `
SELECT environment.id::text, environment.workflow_id AS identifier, environment.workflow_type AS type,
  environment.branch_name AS branch, environment.working_path AS "workingPath",
  codebase.default_cwd AS repository, environment.created_by_platform AS platform,
  ${iso('GREATEST(environment.created_at, used.at)')} AS "lastUsedAt", used.is_open AS "hasOpenRow"
FROM remote_agent_isolation_environments AS environment
JOIN remote_agent_codebases AS codebase ON codebase.id = environment.codebase_id
LEFT JOIN LATERAL (
  SELECT max(run.last_activity_at) AS at,
    COALESCE(bool_or(run.status IN ('pending', 'running', 'paused')), false) AS is_open FROM remote_agent_workflow_runs AS run
  WHERE run.working_path = environment.working_path
) AS used ON true
WHERE environment.status = 'active' AND environment.provider = 'worktree'
  AND ($1::text IS NULL OR codebase.default_cwd = left($1, 500))
ORDER BY codebase.default_cwd, environment.created_at, environment.id`;

const RETIRE = `UPDATE remote_agent_isolation_environments SET status = 'destroyed' WHERE id = $1`;

export function makeIsolationTable(pool: Pool, logger: Logger): IsolationTable {
  return {
    async record(worktree: RunWorktree) {
      const { runId, identifier, branch, workingPath } = worktree;
      const values = [runId, identifier, branch, workingPath];
      await ask(pool, 'RUN_TABLE_UNREACHABLE', { text: RECORD, values }).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
        logger.error(
          { ...worktree, error: String(error) },
          'the worktree has no row: the database refused it',
        );
      });
    },
  };
}

export function makeIsolationRows(pool: Pool): IsolationRows {
  return {
    active: async (repository) => {
      const question = { text: ACTIVE, values: [repository] };
      return (await ask<EnvironmentRecord>(pool, 'DATABASE_UNREACHABLE', question)).rows;
    },
    retire: async (id) => {
      await ask(pool, 'DATABASE_UNREACHABLE', { text: RETIRE, values: [id] });
    },
  };
}
