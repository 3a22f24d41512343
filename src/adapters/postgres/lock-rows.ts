import type { Pool } from 'pg';
import type { LockRow, LockRows, SeenWorker } from '../../ports/path-locks.js';
import { SILENCE } from './host-registry.js';
import { ask } from './query.js';
import { iso } from './times.js';

const SELECT = `
SELECT own.run_id::text AS "runId", own.workflow_name AS workflow,
  COALESCE(run.status, own.last_status) AS status, own.working_path AS "workingPath",
  ${iso('own.started_at')} AS "startedAt", own.host_id AS "hostId", own.uid::integer AS uid,
  own.temporal_workflow_id AS "temporalWorkflowId", COALESCE(run.metadata, '{}') AS metadata
FROM signalbox.runs AS own LEFT JOIN remote_agent_workflow_runs AS run ON run.id = own.run_id
WHERE own.temporal_namespace_id = $1`;

const OPEN = `${SELECT} AND own.last_status IN ('running', 'paused') ORDER BY own.started_at, own.run_id`;

const OF = `${SELECT} AND own.run_id::text = ANY ($2::text[]) ORDER BY own.started_at, own.run_id`;

const WORKERS = `
SELECT host_id AS "hostId", uid::integer AS uid, ${iso('max(last_seen)')} AS "lastSeen",
  max(last_seen) >= now() - ${SILENCE} AS "isHeard"
FROM signalbox.hosts WHERE temporal_namespace_id = $1 GROUP BY host_id, uid`;

/** Over `signalbox.runs`, which knows every run of ours, whatever became of its row. */
export function makeLockRows(pool: Pool): LockRows {
  const query = async <Row extends object>(text: string, values: unknown[]): Promise<readonly Row[]> =>
    (await ask<Row>(pool, 'DATABASE_UNREACHABLE', { text, values })).rows;
  return {
    open: (temporalNamespaceId) => query<LockRow>(OPEN, [temporalNamespaceId]),
    of: (temporalNamespaceId, runIds) => query<LockRow>(OF, [temporalNamespaceId, [...runIds]]),
    workers: (temporalNamespaceId) => query<SeenWorker>(WORKERS, [temporalNamespaceId]),
  };
}
