import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findLayout } from '../../../src/adapters/stack/layout.js';
import { identityOf, isAlive } from '../../../src/adapters/stack/process-identity.js';
import { findByArguments } from '../../../src/adapters/stack/process-search.js';
import { readState, writeState } from '../../../src/adapters/stack/stack-state.js';
import { eventually } from '../../support/eventually.js';
import { stackBench, type StackBench } from '../../support/stack-bench.js';
import { ALL_DATA, findData, leaveData } from '../../support/stack-data.js';

const quiet = () => undefined;
const PARTS = ['postgres', 'temporal', 'worker'] as const;

describe('a part that is killed', () => {
  let bench: StackBench;
  beforeAll(async () => {
    bench = stackBench();
    await leaveData(await bench.up());
  });
  afterAll(() => bench.close());

  test.each(PARTS)('%s is started again by the supervisor, where it was', async (part) => {
    const before = await bench.stack.endpoints();
    const [pid = 0] = await bench.kill(part);
    await bench.runsAgain(part, pid);
    const after = (await bench.stack.ps()).find(({ name }) => name === part);
    expect(after).toMatchObject({ state: 'running', restarts: 1, detail: 'ended with signal SIGKILL' });
    expect(await bench.stack.endpoints()).toEqual(before);
    expect(await findData(await bench.stack.ensure(quiet))).toEqual(ALL_DATA);
  });

  test('is started again too when all are killed at once', async () => {
    const pids = await bench.kill(...PARTS);
    for (const [index, part] of PARTS.entries()) await bench.runsAgain(part, pids[index] ?? 0);
    expect(await findData(await bench.stack.ensure(quiet))).toEqual(ALL_DATA);
  });
});

describe('a supervisor that is killed', () => {
  let bench: StackBench;
  beforeAll(async () => {
    bench = stackBench();
    await leaveData(await bench.up());
  });
  afterAll(() => bench.close());

  test('leaves orphans, which show as such, and which the next ensure clears', async () => {
    const orphans = await Promise.all(PARTS.map((part) => bench.pid(part)));
    const identities = orphans.map((pid) => identityOf(pid)!);
    await bench.kill('supervisor');
    await eventually(async () => {
      const states = (await bench.stack.ps()).map(({ name, state }) => [name, state]);
      expect(states).toEqual(
        expect.arrayContaining([
          ['postgres', 'orphaned'],
          ['temporal', 'orphaned'],
          ['worker', 'stopped'],
        ]),
      );
    });
    expect(await bench.stack.endpoints()).toBeNull();

    const lines: string[] = [];
    const endpoints = await bench.stack.ensure((line) => lines.push(line));
    expect(lines.join('\n')).toContain('clearing what an earlier stack left');
    expect(identities.filter(isAlive)).toEqual([]);
    expect(await findData(endpoints)).toEqual(ALL_DATA);
  });

  test('together with every part loses nothing', async () => {
    await bench.kill('supervisor', ...PARTS);
    expect(await findData(await bench.stack.ensure(quiet))).toEqual(ALL_DATA);
  });

  test('leaves nothing behind after down', async () => {
    await bench.kill('supervisor');
    await bench.down();
    expect(bench.processes()).toEqual([]);
  });

  test('is cleared up even where it had no time to record what it started', async () => {
    await bench.up();
    await bench.kill('supervisor');
    const layout = findLayout(bench.options.home)!;
    writeState(layout.stateFile, { ...bench.state(), parts: [] });
    const endpoints = await bench.up();
    expect(await findData(endpoints)).toEqual(ALL_DATA);
    await bench.down();
    await eventually(() => expect(bench.processes()).toEqual([]));
  });
});

describe('what belongs to someone else', () => {
  let bench: StackBench;
  beforeAll(() => void (bench = stackBench()));
  afterAll(() => bench.close());
  const strangers: (() => unknown)[] = [];
  afterEach(() => strangers.splice(0).forEach((end) => end()));

  const stranger = async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    await once(child, 'spawn');
    strangers.push(() => child.kill('SIGKILL'));
    return child;
  };

  test('a pid on record that a stranger has by now is not signalled', async () => {
    const endpoints = await bench.up();
    await leaveData(endpoints);
    await bench.kill('supervisor', ...PARTS);
    const sleeping = await stranger();
    const layout = findLayout(bench.options.home)!;
    const state = readState(layout.stateFile)!;
    const stolen = { ...state.supervisor, pid: sleeping.pid ?? 0 };
    const parts = state.parts.map((part) => ({ ...part, process: stolen }));
    writeState(layout.stateFile, { ...state, supervisor: stolen, parts });
    await bench.down();
    expect(await findData(await bench.up())).toEqual(ALL_DATA);
    expect(sleeping.exitCode ?? sleeping.signalCode).toBeNull();
  });

  test('a postmaster.pid that names a stranger does not keep PostgreSQL down', async () => {
    const sleeping = await stranger();
    await bench.kill('supervisor', ...PARTS);
    const file = join(findLayout(bench.options.home)!.postgres, 'data', 'postmaster.pid');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/^\d+/, String(sleeping.pid)));
    expect(await findData(await bench.up())).toEqual(ALL_DATA);
    expect(sleeping.exitCode ?? sleeping.signalCode).toBeNull();
  });

  test('a port that was taken while the stack was down is left to its taker', async () => {
    const before = await bench.up();
    await bench.down();
    const taken = [before.temporal.address, new URL(before.database.url).host];
    const servers = await Promise.all(taken.map((address) => listen(Number(address.split(':')[1]))));
    for (const server of servers) strangers.push(() => server.close());
    const after = await bench.up();
    expect(taken).not.toContain(after.temporal.address);
    expect(taken).not.toContain(new URL(after.database.url).host);
    expect(await findData(after)).toEqual(ALL_DATA);
  });

  test('a port that is taken as soon as its server dies moves the server, and the worker learns where', async () => {
    const before = await bench.up();
    const worker = await bench.pid('worker');
    const [pid = 0] = await bench.kill('temporal');
    const server = await eventually(() => listen(Number(before.temporal.address.split(':')[1])));
    strangers.push(() => server.close());
    await bench.runsAgain('temporal', pid);
    await bench.runsAgain('worker', worker);
    const after = await bench.stack.ensure(quiet);
    expect(after.temporal.address).not.toBe(before.temporal.address);
    const told = readFileSync(join(bench.options.home, 'worker-endpoints'), 'utf8').trim().split('\n');
    expect(JSON.parse(told.at(-1) ?? '')).toEqual(after);
    expect(await findData(after)).toEqual(ALL_DATA);
  });
});

async function listen(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ port, host: '127.0.0.1', exclusive: true });
  await once(server, 'listening');
  return server;
}

test('a home that is removed takes its stack with it', async () => {
  const bench = stackBench();
  await bench.up();
  const { postgres } = findLayout(bench.options.home)!;
  rmSync(bench.directory, { recursive: true, force: true });
  await eventually(() => {
    expect(bench.processes()).toEqual([]);
    expect(findByArguments(['-D', join(postgres, 'data')])).toEqual([]);
  }, 60_000);
  rmSync(postgres, { recursive: true, force: true });
});
