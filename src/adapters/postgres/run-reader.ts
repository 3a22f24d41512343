import type { Pool } from 'pg';
import type { RunId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import type {
  EventRecord,
  GenerationRecord,
  ListedRuns,
  RunReader,
  RunRecord,
} from '../../ports/run-table.js';
import { SILENCE } from './host-registry.js';
import { ask } from './query.js';
import { iso } from './times.js';

const RECORD = `
  run.id::text AS "runId", run.workflow_name AS "workflowName", run.status, run.outcome, run.user_message AS "userMessage",
  run.working_path AS "workingPath", run.output_root AS "outputRoot",
  ${iso(`COALESCE(run.started_at, run.last_activity_at, 'epoch')`)} AS "startedAt",
  ${iso('run.completed_at')} AS "completedAt", ${iso('run.last_activity_at')} AS "lastActivityAt",
  COALESCE(run.metadata, '{}') AS metadata, run.parent_run_id::text AS "parentRunId",
  own.temporal_workflow_id AS "temporalWorkflowId", own.host_id AS "hostId",
  CASE WHEN run.status IN ('pending', 'running', 'paused') AND worker.last_seen < now() - ${SILENCE}
    THEN ${iso('worker.last_seen')} END AS "hostSilentSince"`;

/** `worker.last_seen`: of the worker that a run of ours belongs to; of one never seen, when the run began. */
const RUNS = `remote_agent_workflow_runs AS run
  LEFT JOIN signalbox.runs AS own ON own.run_id = run.id
  LEFT JOIN LATERAL (
    SELECT COALESCE(max(host.last_seen), own.started_at) AS last_seen FROM signalbox.hosts AS host
    WHERE host.host_id = own.host_id AND host.uid = own.uid
      AND host.temporal_namespace_id = own.temporal_namespace_id
  ) AS worker ON true`;

const FIND_BETWEEN = `
SELECT ${RECORD} FROM ${RUNS} WHERE run.id BETWEEN $1 AND $2
ORDER BY run.started_at DESC NULLS LAST, run.id LIMIT $3`;

const CHILDREN = `
SELECT ${RECORD} FROM ${RUNS} WHERE run.parent_run_id = $1
ORDER BY run.started_at NULLS LAST, (run.metadata -> 'child_index')::integer, run.id`;

const WANTED = `
  ($1::text IS NULL OR run.working_path = $1 OR ($3 AND run.codebase_id IN (
    SELECT id FROM remote_agent_codebases WHERE default_cwd = left($1, 500))))
  AND ($2::text[] IS NULL OR run.status = ANY ($2))`;

/** Whether a sub-run is wanted; every other run is. */
const LISTED = `
  ($4 = 'all' OR run.parent_run_id IS NULL OR ($4 = 'no-items' AND run.metadata ->> 'child_index' IS NULL))`;

const LIST = `
SELECT ${RECORD} FROM ${RUNS} WHERE ${WANTED} AND ${LISTED}
ORDER BY run.started_at DESC NULLS LAST, run.id LIMIT $5`;

const COUNT = `
SELECT count(*) FILTER (WHERE ${LISTED})::integer AS total,
  count(*) FILTER (WHERE NOT ${LISTED})::integer AS "leftOut"
FROM remote_agent_workflow_runs AS run WHERE ${WANTED}`;

const CAUSALLY = `COALESCE(created_at, 'epoch'), COALESCE(event_order, 0), id`;

const EVENTS = `
SELECT id::text, event_type AS "eventType", step_name AS "nodeName", COALESCE(data, '{}') AS data,
  ${iso(`COALESCE(created_at, 'epoch')`)} AS "createdAt"
FROM remote_agent_workflow_events WHERE workflow_run_id = $1
  AND ($2::uuid IS NULL OR (${CAUSALLY}) > (SELECT ${CAUSALLY} FROM remote_agent_workflow_events WHERE id = $2))
ORDER BY ${CAUSALLY}`;

const NEWEST_GENERATION = `
SELECT generation.epoch::text, generation.temporal_run_id AS "temporalRunId",
  own.temporal_workflow_id AS "temporalWorkflowId",
  ARRAY (SELECT node_id FROM signalbox.node_results AS result
    WHERE result.run_id = own.run_id AND result.output::text <> 'null'
    ORDER BY result.stored_at, result.node_id) AS "finishedNodes"
FROM signalbox.runs AS own JOIN signalbox.epochs AS generation USING (run_id)
WHERE own.run_id = $1 ORDER BY generation.epoch DESC LIMIT 1`;

/** Runs and events as signalbox and Archon wrote them. */
export function makeRunReader(pool: Pool): RunReader {
  return {
    async findByPrefix(prefix, limit) {
      const range = rangeOf(prefix);
      if (range === null) return [];
      const { rows } = await ask<RunRecord>(pool, 'DATABASE_UNREACHABLE', {
        text: FIND_BETWEEN,
        values: [range.first, range.last, limit],
      });
      return rows;
    },

    async list({ workingPath, withWorktrees = false, statuses, subRuns = 'all', limit }) {
      const filter = [workingPath, statuses, withWorktrees, subRuns];
      const [runs, count] = await Promise.all([
        ask<RunRecord>(pool, 'DATABASE_UNREACHABLE', { text: LIST, values: [...filter, limit] }),
        ask<Omit<ListedRuns, 'runs'>>(pool, 'DATABASE_UNREACHABLE', { text: COUNT, values: filter }),
      ]);
      return { runs: runs.rows, total: 0, leftOut: 0, ...count.rows[0] };
    },

    async events(runId: RunId, after?: string): Promise<readonly EventRecord[]> {
      const { rows } = await ask<{ data: JsonObject } & EventRecord>(pool, 'DATABASE_UNREACHABLE', {
        text: EVENTS,
        values: [runId, after ?? null],
      });
      return rows;
    },

    async childrenOf(runId) {
      const { rows } = await ask<RunRecord>(pool, 'DATABASE_UNREACHABLE', {
        text: CHILDREN,
        values: [runId],
      });
      return rows;
    },

    async newestGeneration(runId) {
      const { rows } = await ask<GenerationRecord>(pool, 'DATABASE_UNREACHABLE', {
        text: NEWEST_GENERATION,
        values: [runId],
      });
      return rows[0] ?? null;
    },
  };
}

const LOWEST = '00000000-0000-0000-0000-000000000000';
const HIGHEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** The UUIDs that begin so, as an interval that the primary key's index finds; null: none can. */
function rangeOf(prefix: string): { readonly first: string; readonly last: string } | null {
  const isUuidBeginning =
    prefix.length <= LOWEST.length &&
    Array.from(prefix).every((char, at) => (LOWEST[at] === '-' ? char === '-' : /[0-9a-f]/.test(char)));
  if (!isUuidBeginning) return null;
  return {
    first: prefix + LOWEST.slice(prefix.length),
    last: prefix + HIGHEST.slice(prefix.length),
  };
}
