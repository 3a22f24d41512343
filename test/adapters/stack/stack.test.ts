import { statSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findLayout } from '../../../src/adapters/stack/layout.js';
import { createStack } from '../../../src/adapters/stack/stack.js';
import { listeningAddresses, stackBench, type StackBench } from '../../support/stack-bench.js';
import { ALL_DATA, findData, leaveData } from '../../support/stack-data.js';

const quiet = () => undefined;

describe('a stack that is up', () => {
  let bench: StackBench;
  beforeAll(async () => {
    bench = stackBench();
    await bench.up();
  });
  afterAll(() => bench.close());

  test('answers with endpoints of both halves, on loopback', async () => {
    expect(await bench.stack.endpoints()).toEqual({
      temporal: {
        address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        namespace: 'default',
        uiUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        embedded: true,
      },
      database: {
        url: expect.stringMatching(/^postgres:\/\/signalbox:[\w-]{20,}@127\.0\.0\.1:\d+\/signalbox$/),
        embedded: true,
      },
    });
  });

  test('serves its Web UI', async () => {
    const endpoints = await bench.stack.ensure(quiet);
    const page = await fetch(endpoints.temporal.uiUrl ?? '');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<html');
  });

  test('shows all its parts running', async () => {
    const parts = await bench.stack.ps();
    expect(parts.map(({ name, state, restarts }) => [name, state, restarts]).sort()).toEqual([
      ['postgres', 'running', 0],
      ['supervisor', 'running', 0],
      ['temporal', 'running', 0],
      ['worker', 'running', 0],
    ]);
    for (const { pid, since } of parts) {
      expect(pid).toBeGreaterThan(0);
      expect(Date.parse(since ?? '')).toBeLessThanOrEqual(Date.now());
    }
  });

  test('is ensured in a few milliseconds', async () => {
    const beganAt = performance.now();
    for (let call = 0; call < 20; call += 1) await bench.stack.ensure(quiet);
    expect((performance.now() - beganAt) / 20).toBeLessThan(25);
  });

  test('listens on loopback only, with every one of its processes', () => {
    const addresses = listeningAddresses(bench.processes());
    expect(addresses.length).toBeGreaterThanOrEqual(5);
    for (const address of addresses) expect(address).toMatch(/^0100007F:/);
  });

  test('keeps state, passwords and logs from other users', () => {
    const layout = findLayout(bench.options.home)!;
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect(mode(layout.stateFile)).toBe(0o600);
    expect(mode(join(layout.postgres, 'secrets.json'))).toBe(0o600);
    expect(mode(join(layout.postgres, 'data'))).toBe(0o700);
    expect(mode(layout.directory)).toBe(0o700);
    for (const name of ['postgres', 'temporal', 'worker', 'supervisor']) {
      expect(mode(join(layout.directory, 'log', `${name}.log`))).toBe(0o600);
    }
  });

  test('puts no password on a command line or into an environment', async () => {
    const { database } = await bench.stack.ensure(quiet);
    const password = new URL(database.url).password;
    for (const pid of bench.processes()) {
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(password);
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(password);
    }
  });

  test('gives a role that owns its database, is no superuser, and needs its password', async () => {
    const { database } = await bench.stack.ensure(quiet);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query(
      `SELECT rolsuper, rolcreatedb, rolcreaterole, pg_get_userbyid(datdba) AS owner
         FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`,
    );
    await client.end();
    expect(rows).toEqual([{ rolsuper: false, rolcreatedb: false, rolcreaterole: false, owner: 'signalbox' }]);

    const stranger = new URL(database.url);
    stranger.password = 'wrong';
    await expect(new pg.Client({ connectionString: stranger.href }).connect()).rejects.toMatchObject({
      code: '28P01',
    });
  });

  test('has registered its search attributes and keeps its tuned flags', async () => {
    const { temporal } = await bench.stack.ensure(quiet);
    const connection = await Connection.connect({ address: temporal.address });
    const attributes = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    const client = new Client({ connection });
    const tooLong = client.workflow.start('nobody', { taskQueue: 'nobody', workflowId: 'x'.repeat(256) });
    await expect(tooLong).rejects.toMatchObject({ cause: { details: 'WorkflowId length exceeds limit.' } });
    await connection.close();
    expect(Object.keys(attributes.customAttributes)).toEqual(
      expect.arrayContaining(['SignalboxPath', 'SignalboxStatus']),
    );
  });

  test('had its tables prepared before the worker, which found the same endpoints', async () => {
    const endpoints = JSON.stringify(await bench.stack.endpoints());
    const read = (name: string) => readFileSync(join(bench.options.home, name), 'utf8').trim().split('\n');
    expect(read('prepared')).toEqual([endpoints]);
    expect(read('worker-endpoints')).toEqual([endpoints]);
  });

  test('refuses a client that means other servers', async () => {
    const other = createStack({ ...bench.options, temporalNamespace: 'other' });
    await expect(other.ensure(quiet)).rejects.toMatchObject({ code: 'STACK_SETTINGS_DIFFER' });
  });
});

describe('down and up', () => {
  let bench: StackBench;
  beforeAll(() => void (bench = stackBench({ version: '1.0.0' })));
  afterAll(() => bench.close());

  test('keep data, passwords and ports, and leave no process in between', async () => {
    const first = await bench.up();
    await leaveData(first);
    await bench.down();
    expect(bench.processes()).toEqual([]);
    expect(await bench.stack.endpoints()).toBeNull();
    expect((await bench.stack.ps()).map(({ state }) => state)).toEqual(Array(4).fill('stopped'));
    expect(readFileSync(join(bench.options.home, 'worker-drained'), 'utf8')).toBe('drained\n');

    const second = await bench.up();
    expect(second).toEqual(first);
    expect(await findData(second)).toEqual(ALL_DATA);
  });

  test('replace a stack that another version started', async () => {
    const before = await bench.pid('supervisor');
    const newer = createStack({ ...bench.options, version: '2.0.0' });
    await newer.ensure(quiet);
    expect(await bench.pid('supervisor')).toBe(before);
    const lines: string[] = [];
    await newer.up((line) => lines.push(line));
    expect(lines[0]).toBe('replacing the stack that version 1.0.0 started');
    expect(await bench.pid('supervisor')).not.toBe(before);
  });

  test('twice in a row is no error', async () => {
    await bench.down();
    await bench.down();
    expect(bench.processes()).toEqual([]);
  });
});

test('a home where nothing ever was has no parts, no endpoints, and nothing to take down', async () => {
  const bench = stackBench();
  expect(await bench.stack.ps()).toEqual([]);
  expect(await bench.stack.endpoints()).toBeNull();
  await bench.stack.down(quiet);
  await bench.close();
});

describe('a half that is someone else’s', () => {
  test('leaves only PostgreSQL and the worker to us when Temporal is given', async () => {
    const bench = stackBench({ temporalAddress: 'temporal.example:7233', temporalNamespace: 'ours' });
    const endpoints = await bench.up();
    expect(endpoints.temporal).toEqual({
      address: 'temporal.example:7233',
      namespace: 'ours',
      uiUrl: null,
      embedded: false,
    });
    expect(endpoints.database.embedded).toBe(true);
    expect((await bench.stack.ps()).map(({ name }) => name).sort()).toEqual([
      'postgres',
      'supervisor',
      'worker',
    ]);
    await bench.close();
  });

  test('leaves only Temporal and the worker to us when the database is given', async () => {
    const bench = stackBench({ databaseUrl: 'postgres://me@db.example/app' });
    const endpoints = await bench.up();
    expect(endpoints.database).toEqual({ url: 'postgres://me@db.example/app', embedded: false });
    expect((await bench.stack.ps()).map(({ name }) => name).sort()).toEqual([
      'supervisor',
      'temporal',
      'worker',
    ]);
    await bench.close();
  });

  test('leaves nothing to us when both are given', async () => {
    const bench = stackBench({ temporalAddress: 'a:1', databaseUrl: 'postgres://b/c' });
    expect(await bench.up()).toMatchObject({ temporal: { embedded: false }, database: { embedded: false } });
    expect(await bench.stack.ps()).toEqual([]);
    expect(bench.processes()).toEqual([]);
    await bench.close();
  });
});
