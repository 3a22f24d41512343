import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeForeignChanges, makePool, makeRunTable } from '../../src/adapters/postgres/index.js';
import { sendUpdate } from '../../src/client/message-run.js';
import type { JsonObject } from '../../src/core/json.js';
import { carryDecisions, carryingTasks, type CarryParts } from '../../worker/carry-decisions.js';
import { runPeriodically } from '../../worker/periodic-tasks.js';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aFirstWrite, anEvent, anIdentity, aRow, aWrite, yes } from '../support/mirror-writes.js';
import { runsUntilStopped } from '../support/node-scripts.js';
import { decide, endOf, eventsOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, STAGE_HOST, STAGE_UID, type RunStage, type StagedRun } from '../support/run-stage.js';
import { aLibrary, aSubrunDraft } from '../support/subrun-shapes.js';
import { silentLogger } from '../support/silent-logger.js';
import { type TempDatabases, tempDatabases } from '../support/temp-postgres.js';
import { devServer } from '../support/temporal-servers.js';

const scope = { hostId: STAGE_HOST, uid: STAGE_UID, temporalNamespaceId: randomUUID() };

let stage: RunStage;
let databases: TempDatabases;
let pool: Pool;
beforeAll(async () => {
  [stage, databases] = await Promise.all([
    devServer().then((server) => raiseRunStage(server)),
    tempDatabases(),
  ]);
  pool = makePool(await databases.migrated());
});
afterAll(async () => {
  await pool.end();
  await Promise.all([stage.tearDown(), databases.stop()]);
});

const parts = (over: Partial<CarryParts> = {}): CarryParts => ({
  scope,
  changes: makeForeignChanges(pool),
  send: (run, update) =>
    sendUpdate({ client: stage.environment.client, address: 'the test server', ...run }, update),
  logger: silentLogger,
  ...over,
});

/** The row of a run in Postgres as its mirror left it: waiting at a gate, or at work. */
async function withRow(run: StagedRun, gate: string | null) {
  const { runId } = run.request;
  const temporalRunId = run.handle.firstExecutionRunId;
  const identity = anIdentity({
    ...{ runId, temporalWorkflowId: run.handle.workflowId, hostId: STAGE_HOST, uid: STAGE_UID },
  });
  const table = makeRunTable(pool, { temporalNamespaceId: scope.temporalNamespaceId });
  const { epoch } = await table.open(
    aFirstWrite({ identity, temporalRunId, fenceToken: temporalRunId }),
    yes,
  );
  if (gate === null) return run;
  const row = aRow({ status: 'paused', metadata: { approval: { type: 'approval', nodeId: gate } } });
  const opened = anEvent(2, { eventType: 'approval_requested', nodeName: gate, data: {} });
  await table.write(aWrite(runId, epoch, 2, { row, events: [opened] }));
  return run;
}

async function waitingAt(...drafts: Parameters<typeof aDefinition>[0]): Promise<StagedRun> {
  const run = await stage.start(aDefinition(drafts));
  await untilWaiting(run, 'review');
  return withRow(run, 'review');
}

/** As Archon's command line does it: row and events in one transaction. */
async function archonDecides(
  { request: { runId } }: StagedRun,
  decided: { resolved?: string; status?: string; received: JsonObject; completed?: JsonObject },
): Promise<void> {
  const { resolved, status = 'paused', received, completed } = decided;
  await pool.query(
    `WITH row AS (
       UPDATE remote_agent_workflow_runs SET status = $2, metadata = metadata || CASE WHEN $3::text IS NULL THEN '{}'
         ELSE jsonb_build_object('approval', metadata -> 'approval' || jsonb_build_object('resolved', $3::text)) END
       WHERE id = $1)
     INSERT INTO remote_agent_workflow_events (workflow_run_id, event_type, step_name, data)
     SELECT $1, kind, 'review', data FROM (VALUES ('node_completed', $4::jsonb), ('approval_received', $5::jsonb))
       AS events (kind, data) WHERE data IS NOT NULL`,
    [runId, status, resolved ?? null, completed ? JSON.stringify(completed) : null, JSON.stringify(received)],
  );
}
const archonAbandons = ({ request }: StagedRun): Promise<unknown> =>
  pool.query(`UPDATE remote_agent_workflow_runs SET status = 'cancelled' WHERE id = $1`, [request.runId]);

/** How many updates its history has. */
async function updatesOf({ handle }: StagedRun): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes).length;
}

describe("a decision made with Archon's tools", () => {
  it('is carried into the run, once, and its events are not written again', async () => {
    const run = await waitingAt(aGate('review'), aGate('second', { needs: ['review'] }));
    await archonDecides(run, {
      resolved: 'approved',
      received: { decision: 'approved', comment: 'good' },
      completed: { node_output: '' },
    });
    await carryDecisions(parts());
    await untilWaiting(run, 'second');
    await carryDecisions(parts());
    expect(await updatesOf(run)).toBe(1);
    await decide(run, { decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
    expect(await eventsOf(stage, run)).toEqual([
      'workflow_started',
      'approval_requested review',
      'approval_requested second',
      'node_completed second',
      'approval_received second',
      'workflow_completed',
    ]);
  });

  it('at a sub-run is carried into it, and its parent goes on', async () => {
    const child = aDefinition([aGate('review')], { name: 'child' });
    const parent = await stage.start(aDefinition([aSubrunDraft('sub')]), { library: aLibrary(child) });
    await untilWaiting(parent, 'sub/review');
    const [row] = await stage.table.childrenOf(parent.request.runId);
    const { client } = stage.environment;
    const handle = client.workflow.getHandle(row!.temporalWorkflowId!);
    const { runId: firstExecutionRunId } = await handle.describe();
    const run = {
      request: { ...parent.request, runId: row!.runId },
      handle: Object.assign(handle, { firstExecutionRunId }),
    };
    await archonDecides(await withRow(run, 'review'), {
      resolved: 'approved',
      received: { decision: 'approved', comment: 'good' },
      completed: { node_output: '' },
    });
    await carryDecisions(parts());
    expect(await endOf(stage, parent)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect(await updatesOf(run)).toBe(1);
  });

  it('that ends the run ends it as a reject', async () => {
    const run = await waitingAt(aGate('review'));
    await archonDecides(run, { status: 'cancelled', received: { decision: 'rejected', reason: 'no good' } });
    await carryDecisions(parts());
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
    const record = (await stage.table.findByPrefix(run.request.runId, 1))[0];
    expect(record?.metadata['signalbox']).toMatchObject({ isRejected: true, cancellation: { by: 'archon' } });
  });

  it('comes too late when the run has heard another', async () => {
    const run = await waitingAt(aGate('review'), aGate('second', { needs: ['review'] }));
    await decide(run, { nodeId: 'review', decision: 'approve', text: 'ours' });
    await archonDecides(run, { resolved: 'rejected', received: { decision: 'rejected', reason: 'theirs' } });
    await carryDecisions(parts());
    expect(await untilWaiting(run, 'second')).toMatchObject({ status: 'paused' });
    await run.handle.terminate();
  });

  it('that the run cannot take is shown as open again, with the reason', async () => {
    const run = await waitingAt(aGate('review'));
    const comment = 'x'.repeat(100_000);
    await archonDecides(run, { resolved: 'approved', received: { decision: 'approved', comment } });
    await carryDecisions(parts());
    const { rows } = await pool.query<{ metadata: JsonObject }>(
      'SELECT metadata FROM remote_agent_workflow_runs WHERE id = $1',
      [run.request.runId],
    );
    expect(rows[0]?.metadata['approval']).not.toHaveProperty('resolved');
    expect(rows[0]?.metadata['signalbox_troubles']).toMatchObject([{ kind: 'decision_refused' }]);
    expect(await makeForeignChanges(pool).list(scope)).not.toContainEqual(
      expect.objectContaining({ runId: run.request.runId }),
    );
    await run.handle.terminate();
  });
});

describe("a run abandoned with Archon's tools", () => {
  it('is cancelled, its node with it', async () => {
    stage.nodes.set('long', runsUntilStopped);
    const run = await stage.start(aDefinition([aBashNode('long')]));
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('run long.1'));
    await withRow(run, null);
    await archonAbandons(run);
    await carryDecisions(parts());
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
    const record = (await stage.table.findByPrefix(run.request.runId, 1))[0];
    expect(record?.metadata['signalbox']).toMatchObject({
      cancellation: { by: 'archon', reason: "cancelled with Archon's tools" },
    });
  });

  it('of another Temporal, or that is over, is left alone', async () => {
    const run = await waitingAt(aGate('review'));
    await archonAbandons(run);
    const sent: unknown[] = [];
    const send = (to: unknown): Promise<void> => Promise.resolve(void sent.push(to));
    await carryDecisions(parts({ send, scope: { ...scope, temporalNamespaceId: 'another' } }));
    expect(sent).toEqual([]);
    await run.handle.terminate();
    await expect(carryDecisions(parts())).resolves.toBeUndefined();
  });
});

describe('the bridge', () => {
  it('hears of a decision by its notice, and again after its connection was lost', async () => {
    const stopping = new AbortController();
    const heard: string[] = [];
    const send: CarryParts['send'] = ({ runId }) => Promise.resolve(heard.push(runId));
    const [, listening] = carryingTasks(parts({ send }));
    const running = runPeriodically([listening!], {
      signal: stopping.signal,
      logger: silentLogger,
      pause: () => Promise.resolve(),
    });
    const listeners = async (): Promise<number[]> => {
      const { rows } = await pool.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()`,
      );
      return rows.map(({ pid }) => pid);
    };
    const isHeard = async (run: StagedRun): Promise<void> => {
      await archonDecides(run, { resolved: 'approved', received: { decision: 'approved' } });
      await eventually(() => expect(heard).toContain(run.request.runId));
    };
    await eventually(async () => expect(await listeners()).toHaveLength(1));
    const [before] = await listeners();
    await isHeard(await waitingAt(aGate('review')));
    await pool.query('SELECT pg_terminate_backend($1)', [before]);
    await eventually(async () => expect((await listeners()).filter((pid) => pid !== before)).toHaveLength(1));
    await isHeard(await waitingAt(aGate('review')));
    stopping.abort();
    await running;
  });
});
