import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { makeRunReader, makeRunTable } from '../../../src/adapters/postgres/index.js';
import { eventId } from '../../../src/adapters/postgres/mirror-values.js';
import type { WorkingPath } from '../../../src/core/ids.js';
import { type NodeResultRow, OWNERSHIP_MARK } from '../../../src/core/mirror/rows.js';
import type { NodeOutput } from '../../../src/core/run/task.js';
import {
  aFirstWrite,
  anEvent,
  anIdentity,
  aRow,
  aRunId,
  atSecond,
  aWrite,
  yes,
} from '../../support/mirror-writes.js';
import { useDatabase } from '../../support/use-database.js';

const database = useDatabase();

async function opened(over: Parameters<typeof aFirstWrite>[0] = {}) {
  const table = makeRunTable(database.pool);
  const first = aFirstWrite(over);
  const { epoch } = await table.open(first, yes);
  const { identity } = first;
  const row = async () => (await makeRunReader(database.pool).findByPrefix(identity.runId, 1))[0];
  return { table, first, epoch, identity, runId: identity.runId, row };
}

async function select(query: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
  return (await database.pool.query<Record<string, unknown>>(query, values)).rows;
}

describe('what a run leaves in the tables', () => {
  test('the id of an event is made of run, epoch and seq, for ever in the same way', () => {
    expect(eventId('7c1f2a9e-0000-4000-8000-000000000000', '12', 3)).toBe(
      'cf76b24b-8900-50bf-a5a7-0ad9bc4f0596',
    );
  });

  test('a run has a conversation of its own and a codebase named after its path', async () => {
    const { runId, identity } = await opened();
    expect(
      await select(
        `SELECT c.platform_type, c.title, c.cwd, b.name, b.default_cwd, r.codebase_id = c.codebase_id AS same
         FROM remote_agent_workflow_runs r
         JOIN remote_agent_conversations c ON c.id = r.conversation_id AND c.platform_conversation_id = r.id::text
         JOIN remote_agent_codebases b ON b.id = c.codebase_id WHERE r.id = $1`,
        runId,
      ),
    ).toEqual([
      {
        platform_type: 'signalbox',
        title: 'fix-issue',
        cwd: identity.workingPath,
        name: identity.runId,
        default_cwd: identity.workingPath,
        same: true,
      },
    ]);
  });

  test('a codebase that Archon has for the path is used', async () => {
    const workingPath = `/srv/${aRunId()}` as WorkingPath;
    const [archons] = await select(
      `INSERT INTO remote_agent_codebases (name, default_cwd) VALUES ('shop', $1) RETURNING id`,
      workingPath,
    );
    const { runId } = await opened({ identity: anIdentity({ workingPath }) });
    expect(
      await select('SELECT codebase_id AS id FROM remote_agent_workflow_runs WHERE id = $1', runId),
    ).toEqual([archons]);
  });

  test('runs that open at once on a new path share one codebase', async () => {
    const workingPath = `/srv/${aRunId()}` as WorkingPath;
    await Promise.all(Array.from({ length: 8 }, () => opened({ identity: anIdentity({ workingPath }) })));
    expect(
      await select('SELECT count(*)::int FROM remote_agent_codebases WHERE default_cwd = $1', workingPath),
    ).toEqual([{ count: 1 }]);
  });

  test.each(['/', `/${'deep/'.repeat(200)}end`])('the path %.20s is taken whole', async (path) => {
    const { row } = await opened({ identity: anIdentity({ workingPath: path as WorkingPath }) });
    expect(await row()).toMatchObject({
      workingPath: path,
      metadata: expect.not.objectContaining(MENDED) as unknown,
    });
  });

  test("every event tells who listens on Archon's channel", async () => {
    const listener = new Client({ connectionString: database.url });
    await listener.connect();
    const heard: string[] = [];
    const { table, runId, epoch } = await opened();
    await listener.query('LISTEN archon_dashboard_event');
    const three = new Promise<void>((resolve) => {
      listener.on('notification', ({ payload }) => {
        heard.push(payload ?? '');
        if (heard.at(-1) === 'last') resolve();
      });
    });
    await table.write(aWrite(runId, epoch, 3, { events: [anEvent(2), anEvent(3)] }));
    await database.pool.query(`SELECT pg_notify('archon_dashboard_event', 'last')`);
    await three;
    await listener.end();
    // One transaction notifies once of equal payloads.
    expect(heard).toEqual([runId, 'last']);
  });

  test('results of nodes are kept as they are, the latest attempt of the latest epoch', async () => {
    const { table, runId, epoch, first } = await opened();
    const odd: NodeOutput = {
      text: { kind: 'inline', text: 'a\u0000b\ud800c 🚂' },
      fields: { ok: aField('true') },
    };
    const result = (
      nodeId: string,
      attempt: number,
      output = anOutput(`attempt ${attempt}`),
    ): NodeResultRow => ({
      nodeId: nodeId,
      attempt,
      output,
    });
    await table.write(
      aWrite(runId, epoch, 2, { results: [result('odd', 1, odd), result('twice', 1), result('twice', 2)] }),
    );
    const next = await table.open(
      { ...first, fenceToken: 'second', isFirstExecution: false, events: [] },
      yes,
    );
    await table.write(aWrite(runId, next.epoch, 3, { results: [result('again', 1, anOutput('new epoch'))] }));
    await table.write(aWrite(runId, epoch, 4, { results: [result('again', 9), result('late', 1)] }));
    const rows = await select(
      'SELECT node_id, attempt, output FROM signalbox.node_results WHERE run_id = $1 ORDER BY 1',
      runId,
    );
    expect(rows).toEqual([
      { node_id: 'again', attempt: 1, output: anOutput('new epoch') },
      { node_id: 'late', attempt: 1, output: anOutput('attempt 1') },
      { node_id: 'odd', attempt: 1, output: odd },
      { node_id: 'twice', attempt: 2, output: anOutput('attempt 2') },
    ]);
  });
});

describe("Archon's own programs", () => {
  test('list a run of ours by codebase, by status and by path', async () => {
    const { runId, identity } = await opened({ row: aRow({ status: 'paused' }) });
    const byCodebase = `
      SELECT r.id, r.status, c.platform_type, b.name FROM remote_agent_workflow_runs r
      LEFT JOIN remote_agent_conversations c ON c.id = r.conversation_id
      LEFT JOIN remote_agent_codebases b ON b.id = r.codebase_id
      WHERE r.status IN ('running', 'paused') AND r.codebase_id = b.id
        AND r.conversation_id IN (SELECT id FROM remote_agent_conversations WHERE codebase_id = b.id)
        AND b.default_cwd = $1 ORDER BY r.started_at DESC LIMIT 50`;
    const listed = { id: runId, status: 'paused', platform_type: 'signalbox', name: identity.runId };
    expect(await select(byCodebase, identity.workingPath)).toEqual([listed]);
  });

  test('find our run in the way when they want its path', async () => {
    const { runId, identity } = await opened();
    const guard = `
      SELECT id FROM remote_agent_workflow_runs
      WHERE working_path = $1 AND id <> $2 AND (started_at, id) < ($3, $2)
        AND (status IN ('running', 'paused') OR (status = 'pending' AND started_at > now() - interval '5 minutes'))
      ORDER BY started_at, id LIMIT 1`;
    expect(await select(guard, identity.workingPath, aRunId(), atSecond(30))).toEqual([{ id: runId }]);
  });

  test('read the last event of every node', async () => {
    const { table, runId, epoch } = await opened();
    const events = [anEvent(2), anEvent(3, { eventType: 'node_completed', createdAt: atSecond(2) })];
    await table.write(aWrite(runId, epoch, 3, { events }));
    const last = `
      SELECT DISTINCT ON (step_name) step_name, event_type FROM remote_agent_workflow_events
      WHERE workflow_run_id = $1 AND step_name IS NOT NULL
      ORDER BY step_name, created_at DESC, COALESCE(event_order, 0) DESC, id DESC`;
    expect(await select(last, runId)).toEqual([{ step_name: 'build', event_type: 'node_completed' }]);
  });

  test('can record a decision on a gate of ours, once', async () => {
    const approval = { type: 'approval', nodeId: 'review', message: 'ok?' };
    const { runId, row } = await opened({
      row: aRow({ status: 'paused', metadata: { workflow_source: OWNERSHIP_MARK, approval } }),
    });
    const decide = `
      UPDATE remote_agent_workflow_runs SET metadata = metadata || $2
      WHERE id = $1 AND status = 'paused' AND metadata -> 'approval' ->> 'resolved' IS NULL RETURNING true AS won`;
    const decision = { approval: { ...approval, resolved: 'approved' } };
    expect(await select(decide, runId, decision)).toEqual([{ won: true }]);
    expect(await select(decide, runId, decision)).toEqual([]);
    expect((await row())?.metadata).toMatchObject({ workflow_source: OWNERSHIP_MARK, ...decision });
  });
});

describe('what somebody deletes', () => {
  test.each([
    ['the row', 'DELETE FROM remote_agent_workflow_runs WHERE id = $1'],
    [
      'the conversation, and the row with it',
      `DELETE FROM remote_agent_conversations WHERE platform_conversation_id = $1::text`,
    ],
  ])('%s is made again by the next write, with all that it was made of', async (_, deletion) => {
    const { table, runId, epoch, row } = await opened();
    const before = await row();
    await database.pool.query(deletion, [runId]);
    expect(await row()).toBeUndefined();
    await table.write(
      aWrite(runId, epoch, 2, { row: aRow({ metadata: { workflow_source: OWNERSHIP_MARK, summary: 'x' } }) }),
    );
    expect(await row()).toEqual({ ...before, metadata: { ...before?.metadata, summary: 'x' } });
    expect(await makeRunReader(database.pool).events(runId)).toHaveLength(1);
    await table.write(aWrite(runId, epoch, 3));
    expect(await makeRunReader(database.pool).events(runId)).toHaveLength(2);
  });

  test('a row is not made again by a write that had landed before', async () => {
    const { table, runId, epoch, row } = await opened();
    await table.write(aWrite(runId, epoch, 5));
    await database.pool.query('DELETE FROM remote_agent_workflow_runs WHERE id = $1', [runId]);
    await table.write(aWrite(runId, epoch, 5));
    await table.write(aWrite(runId, epoch, 4));
    expect(await row()).toBeUndefined();
  });

  test('without its codebase the run goes on', async () => {
    const { table, runId, epoch, row, identity } = await opened();
    await database.pool.query('DELETE FROM remote_agent_codebases WHERE default_cwd = $1', [
      identity.workingPath,
    ]);
    await table.write(aWrite(runId, epoch, 2, { row: aRow({ status: 'completed' }) }));
    expect((await row())?.status).toBe('completed');
  });

  test('metadata that somebody set to NULL are begun anew', async () => {
    const { table, runId, epoch, row } = await opened();
    await database.pool.query('UPDATE remote_agent_workflow_runs SET metadata = NULL WHERE id = $1', [runId]);
    await table.write(aWrite(runId, epoch, 2, { row: aRow({ metadata: { error: null } }) }));
    expect((await row())?.metadata).toEqual({ error: null });
  });
});

const MENDED = { signalbox_mended: expect.anything() as unknown };
const anOutput = (text: string): NodeOutput => ({ text: { kind: 'inline', text }, fields: null });
const aField = (text: string) => ({ type: 'boolean' as const, text: { kind: 'inline' as const, text } });
