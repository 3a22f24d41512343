import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeRunTable } from '../../../src/adapters/postgres/index.js';
import type { JsonObject } from '../../../src/core/json.js';
import type { MirrorWrite, RunProgressRow } from '../../../src/core/mirror/rows.js';
import { aFirstWrite, aRow, atSecond, aWrite, yes } from '../../support/mirror-writes.js';
import { useDatabase } from '../../support/use-database.js';

const database = useDatabase();

const gate = (nodeId: string, over: JsonObject = {}): JsonObject => ({
  approval: { type: 'approval', nodeId, ...over },
  signalbox: { cancellation: null },
});
const paused = (nodeId: string, over?: JsonObject): RunProgressRow =>
  aRow({ status: 'paused', metadata: gate(nodeId, over) });

/** A run that waits at a gate, as its row shows it. */
async function waitingAt(nodeId: string) {
  const table = makeRunTable(database.pool);
  const first = aFirstWrite();
  const { runId } = first.identity;
  const { epoch } = await table.open(first, yes);
  let seq = 1;
  const write = (row: RunProgressRow, over: Partial<MirrorWrite> = {}): Promise<void> =>
    table.write(aWrite(runId, epoch, (seq += 1), { row, events: [], ...over }));
  await write(paused(nodeId));
  const row = async () => {
    const { rows } = await database.pool.query<{
      status: string;
      completed_at: unknown;
      metadata: JsonObject;
    }>('SELECT status, completed_at, metadata FROM remote_agent_workflow_runs WHERE id = $1', [runId]);
    return rows[0]!;
  };
  return { table, first, write, row, runId };
}

/** What Archon's command line does to a row. */
const archonApproves = (runId: string): Promise<unknown> =>
  database.pool.query(
    `UPDATE remote_agent_workflow_runs SET metadata = metadata
       || jsonb_build_object('approval', metadata -> 'approval' || '{"resolved":"approved"}')
       || '{"approval_response":"approved","rejection_reason":"","rejection_count":0}' WHERE id = $1`,
    [runId],
  );
const archonAbandons = (runId: string): Promise<unknown> =>
  database.pool.query(
    `UPDATE remote_agent_workflow_runs SET status = 'cancelled', completed_at = now() WHERE id = $1`,
    [runId],
  );

describe("a decision that Archon's tools recorded", () => {
  test('outlives a write of a run that has not heard of it', async () => {
    const { runId, write, row } = await waitingAt('review');
    await archonApproves(runId);
    await write(paused('review'));
    expect((await row()).metadata).toMatchObject({
      approval: { nodeId: 'review', resolved: 'approved' },
      approval_response: 'approved',
    });
    await write(aRow({ status: 'running', metadata: gate('review') }));
    expect((await row()).metadata).toMatchObject({ approval: { resolved: 'approved' } });
  });

  test('gives way to what the run says of the gate, and to the next gate', async () => {
    const { runId, write, row } = await waitingAt('review');
    await archonApproves(runId);
    await write(paused('review', { resolved: 'rejected' }));
    expect((await row()).metadata).toMatchObject({ approval: { resolved: 'rejected' } });
    const next = await waitingAt('review');
    await archonApproves(next.runId);
    await next.write(paused('second'));
    expect((await next.row()).metadata).toMatchObject({ approval: { nodeId: 'second' } });
    expect((await next.row()).metadata['approval']).not.toHaveProperty('resolved');
  });

  test('gives way to a reset that brings the run back to the gate', async () => {
    const { table, first, row, runId } = await waitingAt('review');
    await archonApproves(runId);
    const again = { ...first, fenceToken: randomUUID(), isFirstExecution: false, row: paused('review') };
    await table.open(again, yes);
    expect((await row()).metadata['approval']).not.toHaveProperty('resolved');
  });
});

describe("a run that Archon's tools abandoned", () => {
  test('stays so in its row until it is being cancelled', async () => {
    const { runId, write, row } = await waitingAt('review');
    await archonAbandons(runId);
    await write(paused('review'));
    expect(await row()).toMatchObject({ status: 'cancelled' });
    expect((await row()).completed_at).not.toBeNull();
    await write(aRow({ status: 'running', metadata: { signalbox: { cancellation: { by: 'archon' } } } }));
    expect(await row()).toMatchObject({ status: 'running', completed_at: null });
  });

  test('ends as it really ended', async () => {
    const { runId, write, row } = await waitingAt('review');
    await archonAbandons(runId);
    await write(aRow({ status: 'completed', completedAt: atSecond(9) }));
    expect(await row()).toMatchObject({ status: 'completed' });
  });

  test('is running again when a reset brings it back', async () => {
    const { table, first, row, runId } = await waitingAt('review');
    await archonAbandons(runId);
    await table.open({ ...first, fenceToken: randomUUID(), isFirstExecution: false }, yes);
    expect(await row()).toMatchObject({ status: 'running', completed_at: null });
  });
});
