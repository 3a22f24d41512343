import type { Pool, PoolClient } from 'pg';
import { TROUBLES_KEY, type TroubleKind } from '../../core/reconcile/trouble.js';
import type { ChangedRun, ForeignChanges } from '../../ports/foreign-changes.js';
import { ask } from './query.js';

/** Archon's own trigger on its events tells here of each event, with the run's id; a row alone tells nothing. */
const CHANNEL = 'archon_dashboard_event';

/** The gate's newest event of a kind since it was opened. Order of insertion counts: clocks may differ. */
const newest = (eventType: string): string => `
  SELECT event.id, event.data FROM remote_agent_workflow_events AS event
  WHERE event.workflow_run_id = own.run_id AND event.event_type = '${eventType}' AND event.step_name = own.open_gate
    AND event.event_order > COALESCE((
      SELECT max(opened.event_order) FROM remote_agent_workflow_events AS opened
      WHERE opened.workflow_run_id = own.run_id AND opened.event_type = 'approval_requested'
        AND opened.step_name = own.open_gate), 0)
  ORDER BY event.event_order DESC LIMIT 1`;

/** `$1` host id, `$2` uid, `$3` namespace UUID. */
const CHANGED = `
SELECT own.run_id::text AS "runId", own.temporal_workflow_id AS "temporalWorkflowId",
  COALESCE(received.id::text, own.last_epoch || '.' || own.last_seq) AS "changeId",
  run.status, own.open_gate AS "openGate", run.metadata -> 'approval' AS approval,
  received.data AS received, completed.data AS completed
FROM signalbox.runs AS own
JOIN remote_agent_workflow_runs AS run ON run.id = own.run_id
LEFT JOIN LATERAL (${newest('approval_received')}) AS received ON true
LEFT JOIN LATERAL (${newest('node_completed')}) AS completed ON true
WHERE own.last_status IN ('running', 'paused')
  AND own.host_id = $1 AND own.uid = $2 AND own.temporal_namespace_id = $3
  AND (run.status = 'cancelled'
    OR run.metadata -> 'approval' ->> 'nodeId' = own.open_gate
      AND run.metadata -> 'approval' ->> 'resolved' IS NOT NULL)`;

const REFUSED: TroubleKind = 'decision_refused';

const REOPEN = `
UPDATE remote_agent_workflow_runs AS run
SET metadata = jsonb_set(run.metadata, '{approval}', (run.metadata -> 'approval') - 'resolved')
  || jsonb_build_object('${TROUBLES_KEY}',
    jsonb_build_array(jsonb_build_object('kind', '${REFUSED}', 'text', $2::text)))
FROM signalbox.runs AS own
WHERE own.run_id = run.id AND run.id = $1 AND run.metadata -> 'approval' ->> 'nodeId' = own.open_gate`;

export function makeForeignChanges(pool: Pool): ForeignChanges {
  return {
    list: async ({ hostId, uid, temporalNamespaceId }) => {
      const values = [hostId, uid, temporalNamespaceId];
      return (await ask<ChangedRun>(pool, 'DATABASE_UNREACHABLE', { text: CHANGED, values })).rows;
    },
    reopen: async (runId, why) => {
      await ask(pool, 'DATABASE_UNREACHABLE', { text: REOPEN, values: [runId, why] });
    },
    listen: async (onNotice, signal) => {
      const client = await pool.connect();
      let failure: Error | undefined;
      try {
        await listenOn(client, onNotice, signal);
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
        throw failure;
      } finally {
        // It has listened: nobody else shall have this connection.
        client.release(failure ?? true);
      }
    },
  };
}

async function listenOn(client: PoolClient, onNotice: () => void, signal: AbortSignal): Promise<void> {
  const over = new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.on('end', () => {
      reject(new Error('the connection that listens has ended'));
    });
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  client.on('notification', onNotice);
  await Promise.all([over, client.query(`LISTEN ${CHANNEL}`)]);
}
