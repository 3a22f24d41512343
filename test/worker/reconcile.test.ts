import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeOpenRuns, makePool, makeRunTable } from '../../src/adapters/postgres/index.js';
import { makeExecutionWatch } from '../../src/adapters/temporal/execution-watch.js';
import { RunError } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/json.js';
import type { BoxCloser, BoxOwner } from '../../src/ports/box.js';
import { reconcile, type ReconcileParts } from '../../worker/reconcile.js';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aFirstWrite, anIdentity, aRow, aWrite, yes } from '../support/mirror-writes.js';
import { runsUntilStopped } from '../support/node-scripts.js';
import { endOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, STAGE_HOST, STAGE_UID, type RunStage, type StagedRun } from '../support/run-stage.js';
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

/** What the host is asked of boxes, with what happens when one is closed. */
function aBox(owners: readonly BoxOwner[] = [], onEvict: () => Promise<void> = () => Promise.resolve()) {
  const evicted: BoxOwner[] = [];
  const closed: BoxCloser[] = [];
  return {
    ...{ evicted, closed },
    list: () => Promise.resolve(owners),
    evict: async (owner: BoxOwner) => {
      evicted.push(owner);
      await onEvict();
    },
    close: (closer: BoxCloser) => {
      closed.push(closer);
      return Promise.resolve('closed' as const);
    },
  };
}

const pass = (over: Partial<ReconcileParts> = {}): Promise<void> =>
  reconcile({
    scope,
    watch: makeExecutionWatch(stage.environment.client, 'the test server'),
    openRuns: makeOpenRuns(pool),
    table: makeRunTable(pool),
    box: aBox(),
    clock: { now: () => new Date() },
    logger: silentLogger,
    ...over,
  });

/** A run on the stage, whose row in Postgres nobody writes any more: as if all writes since had been lost. */
async function aRunWithRow(run: StagedRun, temporalNamespaceId: string = scope.temporalNamespaceId) {
  const { runId } = run.request;
  const temporalRunId = run.handle.firstExecutionRunId;
  const identity = anIdentity({
    ...{ runId, temporalWorkflowId: run.handle.workflowId, hostId: STAGE_HOST, uid: STAGE_UID },
    workingPath: run.request.workingPath,
  });
  const first = aFirstWrite({ identity, temporalRunId, fenceToken: temporalRunId });
  const { epoch } = await makeRunTable(pool, { temporalNamespaceId }).open(first, yes);
  const owner: BoxOwner = {
    ...{ runId, workingPath: run.request.workingPath, pathKey: 'key', temporalAddress: 'test' },
    ...{ temporalWorkflowId: run.handle.workflowId, fenceToken: temporalRunId },
    temporalNamespaceId,
  };
  return { run, runId, epoch, owner };
}

async function waiting(over?: Parameters<RunStage['start']>[1]) {
  const run = await stage.start(aDefinition([aGate('review')]), over);
  await untilWaiting(run, 'review');
  return aRunWithRow(run);
}

async function rowOf(runId: string) {
  const { rows } = await pool.query<{ status: string; metadata: JsonObject }>(
    'SELECT status, metadata FROM remote_agent_workflow_runs WHERE id = $1',
    [runId],
  );
  return rows[0]!;
}

async function eventsOf(runId: string): Promise<string[]> {
  const { rows } = await pool.query<{ event_type: string }>(
    'SELECT event_type FROM remote_agent_workflow_events WHERE workflow_run_id = $1 ORDER BY event_order',
    [runId],
  );
  return rows.map(({ event_type }) => event_type);
}

describe('a run that was terminated', () => {
  it('C1 has its box closed, then its row says who did it and why', async () => {
    const { run, runId, owner } = await waiting();
    await run.handle.terminate('it ran wild');
    const seen: string[] = [];
    const box = aBox([owner], async () => void seen.push((await rowOf(runId)).status));
    await pass({ box });
    expect([box.evicted, seen]).toEqual([[owner], ['running']]);
    const { status, metadata } = await rowOf(runId);
    expect(status).toBe('cancelled');
    expect(metadata['signalbox']).toMatchObject({
      cancellation: {
        by: stage.environment.client.options.identity,
        reason: 'terminated in Temporal: it ran wild',
      },
    });
    expect((await eventsOf(runId)).at(-1)).toBe('workflow_cancelled');
  });

  it('is told once, and no late write of it brings it back', async () => {
    const { run, runId, epoch } = await waiting();
    await run.handle.terminate('enough');
    await pass();
    await pass();
    await makeRunTable(pool).write(aWrite(runId, epoch, 9, { row: aRow(), events: [] }));
    expect(await rowOf(runId)).toMatchObject({ status: 'cancelled' });
    expect((await eventsOf(runId)).filter((type) => type === 'workflow_cancelled')).toHaveLength(1);
  });

  it('keeps its row while its processes would not go', async () => {
    const { run, runId, owner } = await waiting();
    await run.handle.terminate('enough');
    const stuck = new RunError('PATH_STILL_OCCUPIED', 'vim (4711) would not die');
    await pass({ box: aBox([owner], () => Promise.reject(stuck)) });
    expect(await rowOf(runId)).toMatchObject({
      status: 'running',
      metadata: { signalbox_troubles: [{ kind: 'processes_left', text: 'vim (4711) would not die' }] },
    });
    await pass({ box: aBox([owner]) });
    expect(await rowOf(runId)).toMatchObject({ status: 'cancelled', metadata: { signalbox_troubles: [] } });
  });

  it('has what it left closed as its own: a resume may have the box by then', async () => {
    const { run, runId, owner } = await waiting();
    await run.handle.terminate('enough');
    const box = aBox([owner]);
    await pass({ box });
    const { temporalWorkflowId, fenceToken } = owner;
    expect(box.closed).toContainEqual({ runId, temporalWorkflowId, fenceToken });
  });

  it('is told apart from the next run of its path', async () => {
    const first = await waiting();
    await first.run.handle.terminate('make room');
    const second = await waiting({ workingPath: first.run.request.workingPath });
    await pass();
    expect(await rowOf(first.runId)).toMatchObject({
      status: 'cancelled',
      metadata: { signalbox: { cancellation: { reason: 'terminated in Temporal: make room' } } },
    });
    expect(await rowOf(second.runId)).toMatchObject({ status: 'running' });
  });

  it('C2 keeps running in its row when a reset brings it back meanwhile', async () => {
    const { run, runId, owner } = await waiting();
    await run.handle.terminate('a mistake');
    const { client } = stage.environment;
    const { events } = await run.handle.fetchHistory();
    const task = events!.find((event) => event.workflowTaskCompletedEventAttributes)!.eventId!;
    const box = aBox([owner], async () => {
      await client.workflowService.resetWorkflowExecution({
        namespace: client.options.namespace,
        workflowExecution: { workflowId: run.handle.workflowId, runId: run.handle.firstExecutionRunId },
        workflowTaskFinishEventId: task,
        requestId: randomUUID(),
        reason: 'it was a mistake',
      });
    });
    await pass({ box });
    expect(await rowOf(runId)).toMatchObject({ status: 'running' });
    await client.workflow.getHandle(run.handle.workflowId).terminate();
  });
});

describe('a Temporal that is away', () => {
  it('ends the pass: it is asked no more than a batch of times', async () => {
    await waiting();
    const asked: unknown[] = [];
    const away = (): Promise<never> => {
      asked.push(1);
      return Promise.reject(new RunError('TEMPORAL_UNREACHABLE', 'away'));
    };
    const watch = { ...makeExecutionWatch(stage.environment.client, 'test'), inspect: away };
    await expect(pass({ watch })).rejects.toMatchObject({ code: 'TEMPORAL_UNREACHABLE' });
    expect(asked.length).toBeLessThanOrEqual(10);
  });
});

describe('a run that Temporal does not know any more', () => {
  it('is cancelled in its row', async () => {
    const { run, runId } = await waiting();
    const { client } = stage.environment;
    await client.workflowService.deleteWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId: run.handle.workflowId },
    });
    await eventually(async () => {
      await pass();
      expect(await rowOf(runId)).toMatchObject({ status: 'cancelled' });
    }, 30_000);
    expect((await rowOf(runId)).metadata).toMatchObject({
      signalbox: { cancellation: { reason: 'Temporal does not know its execution any more' } },
    });
  });

  it('is left alone when it lives in another Temporal', async () => {
    const run = await stage.start(aDefinition([aGate('review')]));
    const { runId } = await aRunWithRow(run, 'another namespace');
    await run.handle.terminate();
    await pass();
    expect(await rowOf(runId)).toMatchObject({ status: 'running' });
  });
});

describe('a run that ended well, but could not write so', () => {
  it('has the status that Temporal knows', async () => {
    const run = await stage.start(aDefinition([aBashNode('quick')]));
    const { runId } = await aRunWithRow(run);
    await endOf(stage, run);
    await pass();
    expect(await rowOf(runId)).toMatchObject({ status: 'completed' });
  });
});

describe('an open run', () => {
  it('is marked while an activity of it is paused, and unmarked after', async () => {
    stage.nodes.set('long', runsUntilStopped);
    const run = await stage.start(aDefinition([aBashNode('long')]));
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('run long.1'));
    const { runId } = await aRunWithRow(run);
    const { workflowService, options } = stage.environment.client;
    const activity = {
      namespace: options.namespace,
      execution: { workflowId: run.handle.workflowId },
      id: 'long.1',
    };
    await workflowService.pauseActivity(activity);
    await pass();
    expect((await rowOf(runId)).metadata['signalbox_troubles']).toMatchObject([{ kind: 'activity_paused' }]);
    await workflowService.unpauseActivity(activity);
    await pass();
    expect((await rowOf(runId)).metadata['signalbox_troubles']).toEqual([]);
    await run.handle.terminate();
  });

  it('whose row somebody deleted gets it back when it has ended', async () => {
    const { run, runId } = await waiting();
    await pool.query('DELETE FROM remote_agent_workflow_runs WHERE id = $1', [runId]);
    await pass();
    await run.handle.terminate();
    await pass();
    expect(await rowOf(runId)).toMatchObject({ status: 'cancelled' });
  });
});

describe('a box whose run has no open row', () => {
  it('is closed when the run is over, and left when it is open or lives in another Temporal', async () => {
    const [over, open] = [await waiting(), await waiting()];
    await over.run.handle.terminate();
    await pool.query(`UPDATE signalbox.runs SET last_status = 'cancelled' WHERE run_id = ANY ($1)`, [
      [over.runId, open.runId],
    ]);
    const elsewhere = { ...over.owner, temporalNamespaceId: 'another namespace' };
    const box = aBox([over.owner, open.owner, elsewhere]);
    await pass({ box });
    expect(box.evicted).toEqual([over.owner]);
  });
});

describe('hosts that are silent', () => {
  it('have their open runs marked once, by whoever looks', async () => {
    const { run, runId } = await waiting();
    const openRuns = makeOpenRuns(pool);
    await Promise.all([openRuns.markSilentHosts(), openRuns.markSilentHosts()]);
    await openRuns.markSilentHosts();
    expect((await rowOf(runId)).metadata['signalbox_troubles']).toMatchObject([{ kind: 'host_silent' }]);
    await pass();
    expect((await rowOf(runId)).metadata['signalbox_troubles']).toEqual([]);
    await run.handle.terminate();
  });
});
