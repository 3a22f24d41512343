import type { Pool } from 'pg';
import { describe, expect, test } from 'vitest';
import { makePool, makeRunReader, makeRunTable, migrate } from '../../../src/adapters/postgres/index.js';
import { mendWrite } from '../../../src/adapters/postgres/mend.js';
import type { Json } from '../../../src/core/json.js';
import type { EventRow, MirrorWrite, RunIdentityRow, RunRowStatus } from '../../../src/core/mirror/rows.js';
import type { Logger } from '../../../src/ports/logger.js';
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

async function opened(identity: Partial<RunIdentityRow> = {}, on: Pool = database.pool) {
  const complaints: Readonly<Record<string, unknown>>[] = [];
  const note: Logger['error'] = (fields) => complaints.push(fields);
  const table = makeRunTable(on, { logger: { info: note, warn: note, error: note } });
  const first = aFirstWrite({ identity: anIdentity(identity) });
  const { runId } = first.identity;
  const { epoch } = await table.open(first, yes);
  const reader = makeRunReader(on);
  const row = async () => (await reader.findByPrefix(runId, 1))[0];
  return { table, runId, epoch, row, events: () => reader.events(runId), complaints };
}

const nested = (depth: number): Json => {
  let value: Json = 'bottom';
  for (let level = 0; level < depth; level += 1) value = { in: value };
  return value;
};
const event = (over: Partial<EventRow>) => ({ events: [anEvent(2, over)] });
const row = (over: Parameters<typeof aRow>[0]) => ({ row: aRow(over) });

describe('a value that Postgres refuses is mended and marked, and the run goes on:', () => {
  test.each<[string, Partial<MirrorWrite>, string[]]>([
    ['NUL in metadata', row({ metadata: { error: 'a\u0000b' } }), ['metadata']],
    ['NUL in a key of metadata', row({ metadata: { 'a\u0000b': 1 } }), ['metadata']],
    ['half a surrogate pair in metadata', row({ metadata: { error: ['\ud83d', '\ude82'] } }), ['metadata']],
    ['a status of 30 characters', row({ status: 'x'.repeat(30) as RunRowStatus }), ['status']],
    ['an end that is no time', row({ completedAt: 'yesterday-ish' }), ['completed_at']],
    ['NUL in an event', event({ data: { node_output: 'a\u0000b' } }), ['event_data']],
    ['half a surrogate pair in an event', event({ data: { node_output: '\udc00' } }), ['event_data']],
    ['an event type of 60 characters', event({ eventType: 'x'.repeat(60) }), ['event_type']],
    ['a node name of 300 locomotives', event({ nodeName: '🚂'.repeat(300) }), ['step_name']],
    ['an event of no time', event({ createdAt: 'soon' }), ['created_at']],
    ['an event beyond the calendar', event({ createdAt: '+275760-09-13T00:00:00.000Z' }), ['created_at']],
    ['endless nesting', event({ data: { deep: nested(100_000) } }), ['event_data']],
    [
      'all at once',
      { ...row({ metadata: { error: '\u0000' } }), ...event({ nodeName: '\u0000', data: { a: '\ud800' } }) },
      ['event_data', 'metadata', 'step_name'],
    ],
  ])('%s', async (_, over, mended) => {
    const run = await opened();
    await run.table.write(aWrite(run.runId, run.epoch, 2, over));
    expect((await run.row())?.metadata['signalbox_mended']).toEqual(mended);
    expect(await run.events()).toHaveLength(2);
    await run.table.write(aWrite(run.runId, run.epoch, 3, row({ status: 'completed' })));
    expect((await run.row())?.status).toBe('completed');
    expect(await run.events()).toHaveLength(3);
    expect(run.complaints).toEqual([]);
  });

  test('what can be kept is kept', async () => {
    const run = await opened();
    const events = [
      anEvent(2, { nodeName: '🚂'.repeat(300), data: { node_output: 'before\u0000after', exit: 7 } }),
      anEvent(3, { data: { untouched: '🚂 žluť', list: [1, null, true] } }),
    ];
    await run.table.write(aWrite(run.runId, run.epoch, 3, { events }));
    expect((await run.events()).slice(1)).toMatchObject([
      { nodeName: '🚂'.repeat(255), data: { node_output: 'before\ufffdafter', exit: 7 } },
      { nodeName: 'build', data: { untouched: '🚂 žluť', list: [1, null, true] } },
    ]);
  });

  test.each<[string, Partial<RunIdentityRow>, string[]]>([
    ['a workflow name of 300 characters', { workflowName: 'w'.repeat(300) }, ['workflow_name']],
    ['NUL in the message', { userMessage: 'a\u0000b' }, ['user_message']],
    ['NUL in an input', { inputs: { name: 'a\u0000b' } }, ['inputs']],
    ["half a surrogate pair in an input's name", { inputs: { '\ud800': 'x' } }, ['inputs']],
  ])('in the first write, %s', async (_, identity, mended) => {
    const run = await opened(identity);
    expect(await run.row()).toMatchObject({ status: 'running', metadata: { signalbox_mended: mended } });
  });

  test('the mark names each value once, over all writes', async () => {
    const run = await opened();
    for (const seq of [2, 3, 4]) {
      const bad = {
        ...row({ metadata: { error: '\u0000' } }),
        events: [anEvent(seq, { data: { x: '\u0000' } })],
      };
      await run.table.write(aWrite(run.runId, run.epoch, seq, bad));
    }
    await run.table.write(aWrite(run.runId, run.epoch, 5));
    expect((await run.row())?.metadata['signalbox_mended']).toEqual(['event_data', 'metadata']);
  });

  test('in a database that is not UTF-8, characters it lacks', async () => {
    const url = new URL(await database.empty());
    const name = `latin_${url.pathname.slice(1)}`;
    await database.pool.query(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    url.pathname = `/${name}`;
    await migrate(url.href);
    const latin = makePool(url.href);
    const run = await opened({}, latin);
    await run.table.write(aWrite(run.runId, run.epoch, 2, event({ data: { said: 'Zürich 🚂' } })));
    expect((await run.events())[1]?.data).toEqual({ said: 'Z?rich ?' });
    expect((await run.row())?.metadata['signalbox_mended']).toEqual(['event_data']);
    await latin.end();
    await database.pool.query(`DROP DATABASE ${name}`);
  });
});

test('a write that is refused whatever is done is told once and left out, and the next one lands', async () => {
  const run = await opened();
  const { runId, epoch } = run;
  await database.pool.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON remote_agent_workflow_events FOR EACH ROW
      WHEN (NEW.event_type = 'refused') EXECUTE FUNCTION refuse()`);
  await run.table.write(aWrite(runId, epoch, 2, event({ eventType: 'refused' })));
  expect(run.complaints).toEqual([{ runId, epoch, seq: 2, error: 'error: no' }]);
  await run.table.write(aWrite(runId, epoch, 3, row({ status: 'completed' })));
  expect((await run.row())?.status).toBe('completed');
  expect(await run.events()).toHaveLength(2);
});

test('a write for a run that nobody opened is told and left out', async () => {
  const run = await opened();
  const runId = aRunId();
  await run.table.write(aWrite(runId, '1', 1));
  expect(run.complaints).toEqual([{ runId, epoch: '1', seq: 1 }]);
});

test('mending changes nothing that is in order, and says so', () => {
  const write = aWrite(aRunId(), '1', 2, {
    ...row({ metadata: { list: ['🚂', 1, null, { x: true }] }, completedAt: atSecond(1) }),
    ...event({ data: { text: 'žluť\r\n\t' } }),
  });
  expect(mendWrite(write, 'gentle')).toEqual({ value: write, mended: [] });
});
