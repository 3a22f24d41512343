import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireLock, currentHolder, isHeld } from '../../../src/adapters/stack/life-lock.js';
import { compileStack } from '../../support/compiled-stack.js';
import { eventually } from '../../support/eventually.js';

const PROGRAMS = join(import.meta.dirname, '../../support/stack-programs');

describe('a life lock', () => {
  const compiled = compileStack();
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'signalbox-lock-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('L2 is won by one of many that come at once', async () => {
    const locks = await Promise.all(Array.from({ length: 12 }, () => acquireLock(directory)));
    const won = locks.filter((lock) => lock !== null);
    expect(won).toHaveLength(1);
    expect(currentHolder(directory)).toBe(won[0]?.file);
    won[0]?.release();
  });

  test('is free again once released, and the old holder is seen to be gone', async () => {
    const first = (await acquireLock(directory))!;
    expect(isHeld(first.file)).toBe(true);
    first.release();
    first.release();
    expect(isHeld(first.file)).toBe(false);
    expect(currentHolder(directory)).toBeNull();
    const second = (await acquireLock(directory))!;
    expect(second.file).not.toBe(first.file);
    expect([isHeld(first.file), isHeld(second.file)]).toEqual([false, true]);
    second.release();
  });

  test('L1 goes with a holder that is killed', async () => {
    const child = spawn(process.execPath, [join(PROGRAMS, 'hold-lock.mjs'), compiled, directory]);
    await eventually(() => expect(currentHolder(directory)).not.toBeNull());
    expect(await acquireLock(directory)).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(currentHolder(directory)).toBeNull();
  });

  test('L3 is never held by two processes, however often it changes hands and holders die', async () => {
    const argv = [join(PROGRAMS, 'contend-lock.mjs'), compiled, directory, '20'];
    const contenders = Array.from({ length: 4 }, () => spawn(process.execPath, argv, { stdio: 'inherit' }));
    const ends = await Promise.all(contenders.map(async (child) => (await once(child, 'exit')) as unknown[]));
    expect(ends).toEqual(Array(4).fill([null, 'SIGKILL']));
    expect(currentHolder(directory)).toBeNull();
    expect(readdirSync(directory).filter((name) => name.startsWith('lock.'))).toHaveLength(1);
  });
});
