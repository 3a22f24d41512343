import type { Pool } from 'pg';
import { TROUBLES_KEY, type TroubleKind } from '../../core/reconcile/trouble.js';
import type { OpenRun, OpenRuns } from '../../ports/open-runs.js';
import { SILENCE } from './host-registry.js';
import { ask } from './query.js';
import { iso } from './times.js';

const OPEN = `own.last_status IN ('running', 'paused')`;

const SELECT_OPEN = `
SELECT own.run_id::text AS "runId", own.temporal_workflow_id AS "temporalWorkflowId",
  generation.fence_token AS "fenceToken", generation.temporal_run_id AS "temporalRunId",
  own.last_epoch || '/' || own.last_seq AS revision, COALESCE(run.metadata, '{}') AS metadata
FROM signalbox.runs AS own
JOIN LATERAL (
  SELECT fence_token, temporal_run_id FROM signalbox.epochs WHERE epochs.run_id = own.run_id
  ORDER BY epoch DESC LIMIT 1
) AS generation ON true
LEFT JOIN remote_agent_workflow_runs AS run ON run.id = own.run_id
WHERE ${OPEN}`;

const LIST = `${SELECT_OPEN} AND own.host_id = $1 AND own.uid = $2 AND own.temporal_namespace_id = $3
ORDER BY own.started_at, own.run_id`;

const FIND = `${SELECT_OPEN} AND own.run_id = $1`;

const MARK = `
UPDATE remote_agent_workflow_runs AS run
SET metadata = COALESCE(run.metadata, '{}') || jsonb_build_object('${TROUBLES_KEY}', $2::jsonb)
FROM signalbox.runs AS own WHERE own.run_id = run.id AND run.id = $1 AND ${OPEN}`;

/** Our own, so that no other program's lock is taken for ours. */
const MARKING_LOCK = 74_156_102_034;

const SILENT: TroubleKind = 'host_silent';

/** Readers of ours look at signs of life themselves; this is for all others. The run's own worker takes it away. */
const MARK_SILENT = `
WITH marking AS MATERIALIZED (
  SELECT pg_try_advisory_xact_lock(${MARKING_LOCK}) AS is_ours
),
silent AS (
  SELECT own.run_id, own.host_id, worker.last_seen
  FROM signalbox.runs AS own
  CROSS JOIN LATERAL (
    SELECT COALESCE(max(host.last_seen), own.started_at) AS last_seen FROM signalbox.hosts AS host
    WHERE host.host_id = own.host_id AND host.uid = own.uid
      AND host.temporal_namespace_id = own.temporal_namespace_id
  ) AS worker
  WHERE ${OPEN} AND worker.last_seen < now() - ${SILENCE}
)
UPDATE remote_agent_workflow_runs AS run
SET metadata = COALESCE(run.metadata, '{}') || jsonb_build_object('${TROUBLES_KEY}',
  COALESCE(run.metadata -> '${TROUBLES_KEY}', '[]') || jsonb_build_array(jsonb_build_object('kind', '${SILENT}',
    'text', 'no worker has been heard of on its host ' || silent.host_id || ' since ' || ${iso('silent.last_seen')})))
FROM silent, marking
WHERE marking.is_ours AND run.id = silent.run_id
  AND NOT COALESCE(run.metadata -> '${TROUBLES_KEY}', '[]') @> '[{"kind": "${SILENT}"}]'`;

/** Over `signalbox.runs`, which knows every run of ours, whatever became of its row. */
export function makeOpenRuns(pool: Pool): OpenRuns {
  const query = <Row extends object>(text: string, values: unknown[]) =>
    ask<Row>(pool, 'DATABASE_UNREACHABLE', { text, values });
  return {
    list: async ({ hostId, uid, temporalNamespaceId }) =>
      (await query<OpenRun>(LIST, [hostId, uid, temporalNamespaceId])).rows,
    find: async (runId) => (await query<OpenRun>(FIND, [runId])).rows[0] ?? null,
    nextEpoch: async () => {
      const { rows } = await query<{ epoch: string }>(`SELECT nextval('signalbox.epoch')::text AS epoch`, []);
      return rows[0]?.epoch ?? '0';
    },
    mark: async (runId, troubles) => {
      await query(MARK, [runId, JSON.stringify(troubles)]);
    },
    markSilentHosts: async () => {
      await query(MARK_SILENT, []);
    },
  };
}
