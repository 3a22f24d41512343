import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makePool,
  makeRunReader,
  makeRunTable,
  makeTextStore,
} from '../../../src/adapters/postgres/index.js';
import { aFirstWrite, anEvent, aRow, aRunId, aWrite, yes } from '../../support/mirror-writes.js';
import { type TempPostgres, tempPostgres } from '../../support/temp-postgres.js';

let server: TempPostgres;
beforeAll(async () => {
  server = await tempPostgres();
});
afterAll(() => server.stop());

const AWAY = { code: 'RUN_TABLE_UNREACHABLE' };
const NO_DATABASE = { code: 'DATABASE_UNREACHABLE' };

test('a server killed in the middle of writes loses none, and the same pool goes on', async () => {
  const pool = makePool(await server.migrated());
  const table = makeRunTable(pool);
  const first = aFirstWrite({ events: [] });
  const { runId } = first.identity;
  const { epoch } = await table.open(first, yes);
  let failures = 0;
  let back: Promise<void> | undefined;
  for (let seq = 1; seq <= 200;) {
    try {
      if (seq === 50) back ??= server.kill().then(() => server.restart());
      await table.write(aWrite(runId, epoch, seq, { events: [anEvent(seq, { data: { seq } })] }));
      seq += 1;
    } catch (error) {
      expect(error).toMatchObject(AWAY);
      failures += 1;
      await back;
    }
  }
  expect(failures).toBeGreaterThan(0);
  const events = await makeRunReader(pool).events(runId);
  expect(events.map((event) => event.data['seq'])).toEqual(Array.from({ length: 200 }, (_, at) => at + 1));
  await pool.end();
});

test('connections that the server closes while idle are replaced unnoticed', async () => {
  const url = await server.migrated();
  const pool = makePool(url);
  const table = makeRunTable(pool);
  const first = aFirstWrite();
  const { epoch } = await table.open(first, yes);
  const removed = new Promise((resolve) => pool.once('remove', resolve));
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'signalbox'`,
  );
  await removed;
  await table.write(aWrite(first.identity.runId, epoch, 2, { row: aRow({ status: 'completed' }) }));
  expect((await makeRunReader(pool).findByPrefix(first.identity.runId, 1))[0]?.status).toBe('completed');
  await admin.end();
  await pool.end();
});

describe.concurrent('a stalled server does not hold its callers', () => {
  const expectQuick = async (call: Promise<unknown>, failure: object) => {
    const since = performance.now();
    await expect(call).rejects.toMatchObject(failure);
    expect(performance.now() - since).toBeLessThan(5_500);
  };

  test('when it answers no connection, with a pool of ours and with any other', async () => {
    const { port, close } = await silentServer();
    const url = `postgresql://me:hunter2@127.0.0.1:${port}/runs`;
    const pools = [makePool(url), new Pool({ connectionString: url })];
    await Promise.all(
      pools.flatMap((pool) => [
        expectQuick(makeRunTable(pool).open(aFirstWrite(), yes), AWAY),
        expectQuick(makeRunTable(pool).write(aWrite(aRunId(), '1', 1)), AWAY),
        expectQuick(makeRunTable(pool).archonHolders('/repo'), AWAY),
        expectQuick(makeRunReader(pool).list({ workingPath: null, statuses: null, limit: 1 }), NO_DATABASE),
        expectQuick(makeTextStore(pool).put(new Map([['a', 'a']])), NO_DATABASE),
      ]),
    );
    close();
    await Promise.all(pools.map((pool) => pool.end()));
  });

  test('when somebody else has locked the table; afterwards the write lands once', async () => {
    const url = await server.migrated();
    const pool = makePool(url);
    const table = makeRunTable(pool);
    const first = aFirstWrite();
    const { runId } = first.identity;
    const { epoch } = await table.open(first, yes);
    const locker = new Client({ connectionString: url });
    await locker.connect();
    await locker.query('BEGIN; LOCK TABLE remote_agent_workflow_runs IN ACCESS EXCLUSIVE MODE');
    await expectQuick(table.write(aWrite(runId, epoch, 2)), AWAY);
    await locker.query('ROLLBACK');
    await table.write(aWrite(runId, epoch, 2));
    expect(await makeRunReader(pool).events(runId)).toHaveLength(2);
    await locker.end();
    await pool.end();
  });
});

describe('says what was met and what to do', () => {
  const refusal = async (url: string) => {
    const pool = makePool(url, { allowExitOnIdle: true });
    const failure: unknown = await makeRunReader(pool)
      .findByPrefix(aRunId(), 1)
      .catch((error: unknown) => error);
    await pool.end();
    return failure;
  };

  test.each([
    [
      'no server',
      () => Promise.resolve('postgresql://me:hunter2@127.0.0.1:1/runs'),
      /127\.0\.0\.1:1\/runs can't be reached \(.*ECONNREFUSED/,
    ],
    [
      'no such host',
      () => Promise.resolve('postgresql://me:hunter2@no-such-host.invalid/runs'),
      /no-such-host\.invalid\/runs can't be reached/,
    ],
    ['no such database', async () => `${await server.empty()}x`, /does not exist.*check DATABASE_URL/],
    ['no tables', () => server.empty(), /is not set up for signalbox \(.*run signalbox setup/],
  ])('%s', async (_, url, sentence) => {
    const failure = await refusal(await url());
    expect(failure).toMatchObject(NO_DATABASE);
    expect(String(failure)).toMatch(sentence);
    expect(String(failure)).not.toContain('hunter2');
  });

  test('a database that is read-only is unreachable for writing, and no value is blamed', async () => {
    const url = await server.migrated();
    const pool = makePool(url);
    const first = aFirstWrite();
    const { epoch } = await makeRunTable(pool).open(first, yes);
    const name = new URL(url).pathname.slice(1);
    await pool.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    const late = makePool(url);
    await expect(makeRunTable(late).write(aWrite(first.identity.runId, epoch, 2))).rejects.toMatchObject({
      ...AWAY,
      details: { sqlState: '25006' },
    });
    await Promise.all([pool.end(), late.end()]);
  });
});

/** Accepts connections and never says a word. */
async function silentServer(): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  const silent: Server = createServer((socket) => sockets.add(socket));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  return {
    port: (silent.address() as AddressInfo).port,
    close: () => {
      silent.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
