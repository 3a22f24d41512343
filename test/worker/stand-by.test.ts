import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { currentHolder } from '../../src/adapters/stack/life-lock.js';
import { untilAlone } from '../../worker/stand-by.js';
import { compileStack } from '../support/compiled-stack.js';
import { eventually } from '../support/eventually.js';

const HOLD_LOCK = join(import.meta.dirname, '../support/stack-programs/hold-lock.mjs');

let directory: string;
let holder: ChildProcess | undefined;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'signalbox-worker-'))));
afterEach(() => {
  holder?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

function waiting(signal = new AbortController().signal) {
  let isStandingBy = false;
  const turn = untilAlone(directory, { signal, onStandBy: () => void (isStandingBy = true) });
  return { turn, isStandingBy: () => isStandingBy };
}

describe('a second worker', () => {
  it('stands by, and has its turn when the first releases the lock', async () => {
    const first = await waiting().turn;
    const second = waiting();
    await eventually(() => expect(second.isStandingBy()).toBe(true));
    first?.release();
    const lock = await second.turn;
    expect(currentHolder(directory)).toBe(lock?.file);
    lock?.release();
  });

  it('has its turn when the process of the first is killed', async () => {
    holder = spawn(process.execPath, [HOLD_LOCK, compileStack(), directory], { stdio: 'inherit' });
    await eventually(() => expect(currentHolder(directory)).not.toBeNull());
    const second = waiting();
    await eventually(() => expect(second.isStandingBy()).toBe(true));
    holder.kill('SIGKILL');
    const lock = await second.turn;
    expect(lock).not.toBeNull();
    lock?.release();
  });

  it('ends while it stands by, and leaves the lock to the first', async () => {
    const first = await waiting().turn;
    const stopping = new AbortController();
    const second = waiting(stopping.signal);
    await eventually(() => expect(second.isStandingBy()).toBe(true));
    stopping.abort();
    expect(await second.turn).toBeNull();
    expect(currentHolder(directory)).toBe(first?.file);
    first?.release();
  });

  it('is one of many: they have their turns one after the other', async () => {
    let alone = 0;
    let most = 0;
    const all = Array.from({ length: 5 }, () => waiting());
    await eventually(() => expect(all.filter((each) => each.isStandingBy())).toHaveLength(4));
    await Promise.all(
      all.map(async ({ turn }) => {
        const lock = await turn;
        most = Math.max(most, (alone += 1));
        await new Promise((resolve) => setImmediate(resolve));
        alone -= 1;
        lock?.release();
      }),
    );
    expect(most).toBe(1);
  });
});

describe('a directory that cannot be made', () => {
  it('is refused with what to do', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const turn = untilAlone(join(file, 'lock'), {
      signal: new AbortController().signal,
      onStandBy: () => undefined,
    });
    await expect(turn).rejects.toMatchObject({
      code: 'STACK_DIRECTORY_UNUSABLE',
      message: expect.stringContaining('XDG_STATE_HOME') as string,
    });
  });
});
