import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { raiseEndings, SECONDS, type Endings, type HeldRun } from './endings.js';

/** A worker is back within two seconds, and tells at once what its predecessor left unfinished. */
const TAKEN_OVER_MS = 5 * 5 * SECONDS;
/** What a kernel needs to end a PID namespace, on a busy machine. */
const GONE_MS = 5 * SECONDS;

let endings: Endings;

beforeAll(async () => {
  endings = await raiseEndings();
}, 900 * SECONDS);

afterAll(async () => {
  await endings.close();
  endings.remove();
}, 120 * SECONDS);

function signal(part: string, how: NodeJS.Signals): number {
  const pid = endings.part(part)?.process?.pid;
  if (pid === undefined) throw new Error(`${part} does not run`);
  process.kill(pid, how);
  return pid;
}

const isGone = (held: HeldRun, withinMs: number): Promise<void> =>
  eventually(() => {
    expect(held.living()).toEqual([]);
  }, withinMs);

async function isInterrupted(held: HeldRun): Promise<void> {
  await endings.becomes(held.runId, 'failed', TAKEN_OVER_MS);
  expect(held.living()).toEqual([]);
  expect(await endings.reads(held.runId)).toContain('interrupted');
}

/** Its node has lived through it all: it ends as if nothing had been. */
async function goesOn(held: HeldRun): Promise<void> {
  expect(held.living().length).toBeGreaterThanOrEqual(endings.processes - 1);
  endings.letGo();
  await endings.becomes(held.runId, 'completed');
  expect(held.living()).toEqual([]);
}

describe('a run that loses its worker', { timeout: 300 * SECONDS }, () => {
  it('SIGKILL: its processes die with the worker; the next worker fails its node, and the path is free', async () => {
    const held = await endings.begin();
    const killed = signal('worker', 'SIGKILL');
    await isGone(held, GONE_MS);
    await endings.untilServing([killed]);
    await isInterrupted(held);
    await endings.nextRunBegins(held);
  });

  it('SIGTERM: its node is stopped after a moment’s grace, and the path is free', async () => {
    const held = await endings.begin();
    const ended = signal('worker', 'SIGTERM');
    await isGone(held, 10 * SECONDS);
    await endings.untilServing([ended]);
    await isInterrupted(held);
    await endings.nextRunBegins(held);
  });

  it('SIGSTOP for less than the heartbeat timeout: its node goes on', async () => {
    const held = await endings.begin('through');
    signal('worker', 'SIGSTOP');
    await wait(1000);
    signal('worker', 'SIGCONT');
    await goesOn(held);
    await endings.nextRunBegins(held);
  });

  it('SIGSTOP beyond the heartbeat timeout, then SIGCONT: its node is interrupted, and the path is free', async () => {
    const held = await endings.begin('held', { heartbeatTimeoutMs: 2000 });
    signal('worker', 'SIGSTOP');
    await wait(6000);
    signal('worker', 'SIGCONT');
    await isInterrupted(held);
    await endings.nextRunBegins(held);
  });

  it('down in the middle: nothing lives when the command returns; after up its node is interrupted', async () => {
    const held = await endings.begin();
    const down = await endings.cli.run(['down']);
    expect(down.exitCode, down.stderr).toBe(0);
    expect(held.living()).toEqual([]);
    const up = await endings.cli.run(['up']);
    expect(up.exitCode, up.stderr).toBe(0);
    await endings.untilServing();
    await isInterrupted(held);
    await endings.nextRunBegins(held);
  });
});

describe('a run whose servers go away', { timeout: 300 * SECONDS }, () => {
  async function temporalIsAwayFor(ms: number): Promise<void> {
    const hold = join(endings.directory, 'wire', 'hold');
    writeFileSync(hold, '');
    const killed = signal('temporal', 'SIGKILL');
    await wait(ms);
    rmSync(hold);
    await endings.untilServing([killed]);
  }

  it('Temporal for three seconds: its node goes on', async () => {
    const held = await endings.begin('through');
    await temporalIsAwayFor(3 * SECONDS);
    await goesOn(held);
    await endings.nextRunBegins(held);
  });

  it('Temporal for longer than the heartbeat timeout: its node is interrupted, and the path is free', async () => {
    const held = await endings.begin('held', { heartbeatTimeoutMs: 2000 });
    await temporalIsAwayFor(8 * SECONDS);
    await isInterrupted(held);
    await endings.nextRunBegins(held);
  });

  it('Postgres, at once and without a farewell: its node goes on, and its row catches up', async () => {
    const held = await endings.begin('through');
    const killed = signal('postgres', 'SIGQUIT');
    await endings.untilServing([killed]);
    await goesOn(held);
    await endings.nextRunBegins(held);
  });

  it('the network to Temporal, silent for longer than the heartbeat timeout: its node is interrupted', async () => {
    const held = await endings.begin('held', { heartbeatTimeoutMs: 2000 });
    endings.setWire('silent');
    await wait(6 * SECONDS);
    endings.setWire('open');
    await isInterrupted(held);
    await endings.nextRunBegins(held);
  });
});
