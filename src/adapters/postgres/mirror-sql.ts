/**
 * The statements that write the mirror. Each is one statement, so one transaction and one round trip.
 * `$1` is a JSON object (`mirror-values.ts`), `$2` to `$4` are the results of nodes. All parts of a
 * statement see the tables as they were before it; what a part must know of another it takes from that
 * one's RETURNING.
 */

/** The epoch of an execution generation: the one it has, else a new one. `$1` run id, `$2` fence token. */
export const TAKE_EPOCH = `
SELECT known.epoch IS NOT NULL AS is_known,
  (SELECT max(epoch)::text FROM signalbox.epochs WHERE run_id = $1) AS newest_epoch,
  EXISTS (SELECT FROM remote_agent_workflow_runs WHERE id = $1) AS has_row,
  COALESCE(known.epoch, nextval('signalbox.epoch'))::text AS epoch
FROM (VALUES (true)) AS always
LEFT JOIN signalbox.epochs AS known ON known.run_id = $1 AND known.fence_token = $2`;

const GIVEN_PROGRESS = `
  run_id uuid, epoch bigint, seq bigint, status text, outcome text, metadata jsonb, completed_at timestamptz,
  last_activity_at timestamptz, mended jsonb, events jsonb`;

const GIVEN_IDENTITY = `
  fence_token text, temporal_run_id text, is_first_execution boolean, resumed_epoch bigint, workflow_name text, user_message text,
  working_path text, codebase_path text, output_root text, started_at timestamptz, first_metadata jsonb, temporal_workflow_id text,
  temporal_namespace text, temporal_namespace_id text, host_id text, uid bigint, parent_run_id uuid,
  parent_node_id text, child_index integer, item_hash text`;

/** The gate that a row shows as open: Archon's tools let people decide it. */
const SHOWN_GATE = `CASE WHEN given.metadata -> 'approval' ->> 'resolved' IS NULL THEN given.metadata -> 'approval' ->> 'nodeId' END`;

/** `accepted`: what is given, if its epoch is the generation's. `newer`: the run, if this is its latest word. */
const OPEN_HEAD = `
WITH given AS MATERIALIZED (
  SELECT * FROM jsonb_to_record($1::jsonb) AS given (${GIVEN_PROGRESS}, ${GIVEN_IDENTITY})
),
generation AS (
  INSERT INTO signalbox.epochs AS epochs
    (run_id, fence_token, epoch, temporal_run_id, is_first_execution, resumed_epoch)
  SELECT run_id, fence_token, epoch, temporal_run_id, is_first_execution, resumed_epoch FROM given
  WHERE resumed_epoch IS NULL OR resumed_epoch = (
    SELECT max(known.epoch) FROM signalbox.epochs AS known
    WHERE known.run_id = given.run_id AND known.fence_token <> given.fence_token)
  ON CONFLICT (run_id, fence_token) DO UPDATE SET fence_token = excluded.fence_token
    WHERE epochs.epoch = excluded.epoch
  RETURNING epoch
),
accepted AS (
  SELECT given.* FROM given JOIN generation USING (epoch)
),
newer AS (
  INSERT INTO signalbox.runs AS run (run_id, workflow_name, user_message, working_path, codebase_path, output_root, started_at,
    metadata, temporal_workflow_id, temporal_namespace, temporal_namespace_id, host_id, uid, last_epoch, last_seq,
    last_status, open_gate, parent_run_id, parent_node_id, child_index, item_hash)
  SELECT run_id, workflow_name, user_message, working_path, codebase_path, output_root, started_at,
    first_metadata, temporal_workflow_id, temporal_namespace, temporal_namespace_id, host_id, uid, epoch, seq,
    status, ${SHOWN_GATE}, parent_run_id, parent_node_id, child_index, item_hash FROM accepted AS given
  ON CONFLICT (run_id) DO UPDATE SET
    started_at = excluded.started_at, output_root = excluded.output_root, metadata = excluded.metadata,
    temporal_workflow_id = excluded.temporal_workflow_id, temporal_namespace = excluded.temporal_namespace,
    temporal_namespace_id = excluded.temporal_namespace_id, last_status = excluded.last_status,
    open_gate = excluded.open_gate,
    host_id = excluded.host_id, uid = excluded.uid, last_epoch = excluded.last_epoch, last_seq = excluded.last_seq
    WHERE (run.last_epoch, run.last_seq) < (excluded.last_epoch, excluded.last_seq)
  RETURNING run.*
)`;

/** The same two for a run that is open already. */
const WRITE_HEAD = `
WITH given AS MATERIALIZED (
  SELECT * FROM jsonb_to_record($1::jsonb) AS given (${GIVEN_PROGRESS})
),
accepted AS (
  SELECT given.* FROM given JOIN signalbox.runs USING (run_id)
),
newer AS (
  UPDATE signalbox.runs AS run SET last_epoch = given.epoch, last_seq = given.seq, last_status = given.status,
    open_gate = ${SHOWN_GATE}
  FROM accepted AS given
  WHERE run.run_id = given.run_id AND (run.last_epoch, run.last_seq) < (given.epoch, given.seq)
  RETURNING run.*
)`;

/** Metadata of a row of Archon's with ours laid over; `base` and `laid` are SQL. */
const merged = (base: string, laid: string): string => `
    COALESCE(${base}, '{}') || ${laid} || CASE WHEN given.mended IS NULL THEN '{}'
      ELSE jsonb_build_object('signalbox_mended', (
        SELECT jsonb_agg(DISTINCT name) FROM jsonb_array_elements(
          COALESCE(${base} -> 'signalbox_mended', '[]') || given.mended) AS names (name))) END`;

const IS_OPEN = (status: string): string => `${status} IN ('running', 'paused')`;

/**
 * What Archon's tools wrote since the last write of the same generation stands until the run has heard of it:
 * a row that they ended stays so until the run is being cancelled, a decision at a gate that the run still
 * shows as open stays recorded. `run`: the row as it is, `before`: what was known of it.
 */
const ENDED_BY_ARCHON = `(before.last_epoch = given.epoch AND run.status = 'cancelled'
    AND ${IS_OPEN('before.last_status')} AND ${IS_OPEN('given.status')}
    AND jsonb_typeof(given.metadata #> '{signalbox,cancellation}') IS DISTINCT FROM 'object')`;
const DECIDED_BY_ARCHON = `(before.last_epoch = given.epoch AND before.open_gate = ${SHOWN_GATE}
    AND run.metadata -> 'approval' ->> 'nodeId' = before.open_gate
    AND run.metadata -> 'approval' ->> 'resolved' IS NOT NULL)`;
const DECISION_KEYS = ['approval', 'approval_response', 'rejection_reason', 'rejection_count'];
const THEIR_DECISION = `jsonb_strip_nulls(jsonb_build_object(${DECISION_KEYS.map((key) => `'${key}', run.metadata -> '${key}'`).join(', ')}))`;

/**
 * Writes what the heads let through: the row, made again with all that it hangs on if it is gone, the
 * events, the results of nodes. A codebase that has to be made gets its id from its path, so that two
 * runs that make it at once make one.
 */
const TAIL = `,
before AS (
  SELECT own.last_epoch, own.last_status, own.open_gate
  FROM given LEFT JOIN signalbox.runs AS own USING (run_id)
),
updated AS (
  UPDATE remote_agent_workflow_runs AS run SET
    status = CASE WHEN ${ENDED_BY_ARCHON} THEN run.status ELSE given.status END,
    completed_at = CASE WHEN ${ENDED_BY_ARCHON} THEN run.completed_at ELSE given.completed_at END,
    started_at = newer.started_at, last_activity_at = given.last_activity_at, outcome = COALESCE(given.outcome, run.outcome),
    metadata = ${merged('run.metadata', `given.metadata || CASE WHEN ${DECIDED_BY_ARCHON} THEN ${THEIR_DECISION} ELSE '{}' END`)}
  FROM newer, given, before WHERE run.id = newer.run_id
  RETURNING run.id
),
lost AS (
  SELECT newer.*, left(newer.working_path, 500) AS cwd, project.path AS project_path,
    left(encode(sha256(convert_to(project.path, 'UTF8')), 'hex'), 32)::uuid AS own_codebase_id
  FROM newer, LATERAL (SELECT COALESCE(newer.codebase_path, newer.working_path) AS path) AS project
  WHERE NOT EXISTS (SELECT FROM updated)
),
found_codebase AS (
  SELECT codebases.id FROM remote_agent_codebases AS codebases JOIN lost ON codebases.default_cwd = left(lost.project_path, 500)
  ORDER BY codebases.created_at DESC LIMIT 1
),
made_codebase AS (
  INSERT INTO remote_agent_codebases (id, name, default_cwd)
  SELECT own_codebase_id, left(COALESCE(NULLIF(substring(project_path FROM '[^/]*$'), ''), '/'), 255),
    left(project_path, 500)
  FROM lost WHERE NOT EXISTS (SELECT FROM found_codebase)
  ON CONFLICT (id) DO NOTHING
),
conversation AS (
  INSERT INTO remote_agent_conversations AS conversations
    (platform_type, platform_conversation_id, codebase_id, cwd, title, last_activity_at)
  SELECT 'signalbox', lost.run_id::text, COALESCE((SELECT id FROM found_codebase), lost.own_codebase_id), lost.cwd,
    left(lost.workflow_name, 255), given.last_activity_at
  FROM lost, given
  ON CONFLICT (platform_type, platform_conversation_id) DO UPDATE SET
    codebase_id = excluded.codebase_id, deleted_at = NULL, last_activity_at = excluded.last_activity_at
  RETURNING id, codebase_id
),
made AS (
  INSERT INTO remote_agent_workflow_runs AS run (id, workflow_name, conversation_id, codebase_id, status, outcome, user_message,
    metadata, started_at, completed_at, last_activity_at, working_path, output_root, parent_run_id)
  SELECT lost.run_id, lost.workflow_name, conversation.id, conversation.codebase_id, given.status, given.outcome, lost.user_message,
    ${merged('lost.metadata', 'given.metadata')},
    lost.started_at, given.completed_at, given.last_activity_at, lost.working_path, lost.output_root,
    (SELECT parent.id FROM remote_agent_workflow_runs AS parent WHERE parent.id = lost.parent_run_id)
  FROM lost, conversation, given
  ON CONFLICT (id) DO UPDATE SET
    status = excluded.status, outcome = COALESCE(excluded.outcome, run.outcome),
    started_at = excluded.started_at, completed_at = excluded.completed_at,
    last_activity_at = excluded.last_activity_at, metadata = COALESCE(run.metadata, '{}') || excluded.metadata
  RETURNING run.id
),
written_events AS (
  INSERT INTO remote_agent_workflow_events (id, workflow_run_id, event_type, step_name, data, created_at)
  SELECT event.id, accepted.run_id, event.event_type, event.step_name, event.data, event.created_at
  FROM accepted, jsonb_to_recordset(accepted.events)
    AS event (id uuid, seq bigint, event_type text, step_name text, data jsonb, created_at timestamptz)
  WHERE EXISTS (SELECT FROM updated) OR EXISTS (SELECT FROM made)
    OR EXISTS (SELECT FROM remote_agent_workflow_runs AS run WHERE run.id = accepted.run_id)
  ORDER BY event.seq
  ON CONFLICT (id) DO NOTHING
),
written_results AS (
  INSERT INTO signalbox.node_results AS stored (run_id, node_id, epoch, attempt, output)
  SELECT accepted.run_id, result.node_id, accepted.epoch, result.attempt, result.output::json
  FROM accepted, unnest($2::text[], $3::integer[], $4::text[]) AS result (node_id, attempt, output)
  ON CONFLICT (run_id, node_id) DO UPDATE SET
    epoch = excluded.epoch, attempt = excluded.attempt, output = excluded.output, stored_at = excluded.stored_at
    WHERE (stored.epoch, stored.attempt) <= (excluded.epoch, excluded.attempt)
)
SELECT EXISTS (SELECT FROM accepted) AS is_accepted`;

/** Of each node what it gave out last, in whichever generation. `$1` run id. */
export const RESULTS = `
SELECT node_id AS "nodeId", attempt, output FROM signalbox.node_results
WHERE run_id = $1 AND output::text <> 'null' ORDER BY stored_at, node_id`;

/** Sub-runs of a run's node, in the order in which they began. `$1` the run's id, `$2` the node. */
export const CHILDREN = `
SELECT own.run_id::text AS "runId", own.child_index AS index, own.item_hash AS hash, own.last_status AS status,
  (SELECT max(epoch)::text FROM signalbox.epochs WHERE epochs.run_id = own.run_id) AS epoch, run.metadata
FROM signalbox.runs AS own LEFT JOIN remote_agent_workflow_runs AS run ON run.id = own.run_id
WHERE own.parent_run_id = $1 AND own.parent_node_id = $2 ORDER BY own.started_at, own.run_id`;

/** First write of a generation. Answers `is_accepted = false` if the generation has another epoch by now. */
export const OPEN_RUN = `${OPEN_HEAD}${TAIL}`;

/** Every other write. Answers `is_accepted = false` for a run that was never opened. */
export const WRITE_RUN = `${WRITE_HEAD}${TAIL}`;

/** Rows on a path that Archon counts as active and that are not ours. `$1` working path. */
export const ARCHON_HOLDERS = `
SELECT id::text AS run_id, workflow_name FROM remote_agent_workflow_runs AS run
WHERE working_path = $1
  AND (status IN ('running', 'paused') OR (status = 'pending' AND started_at > now() - interval '5 minutes'))
  AND NOT EXISTS (SELECT FROM signalbox.runs WHERE runs.run_id = run.id)
ORDER BY started_at, id`;
