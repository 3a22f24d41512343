import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { findLayout, isRoot } from '../../../src/adapters/stack/layout.js';
import { writeState } from '../../../src/adapters/stack/stack-state.js';
import { stackBench, type BenchOptions, type StackBench } from '../../support/stack-bench.js';
import { ALL_DATA, findData, leaveData } from '../../support/stack-data.js';

const quiet = () => undefined;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function bench(options: BenchOptions = {}): StackBench {
  const made = stackBench(options);
  ends.push(() => made.close());
  return made;
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-refusal-'));
  ends.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe('a stack that cannot come up', () => {
  test('for a home that is a file, says so before anything is started', async () => {
    const home = join(temporaryDirectory(), 'home');
    writeFileSync(home, '');
    const refused = bench({ home });
    await expect(refused.up()).rejects.toMatchObject({
      code: 'STACK_DIRECTORY_UNUSABLE',
      message: expect.stringContaining('SIGNALBOX_HOME'),
    });
    expect(refused.processes()).toEqual([]);
  });

  test('because the worker ends, shows the end of its log and leaves no process', async () => {
    const refused = bench({ worker: 'mute-worker.mjs' });
    await expect(refused.up()).rejects.toMatchObject({
      code: 'STACK_PART_FAILED',
      message: expect.stringMatching(/The worker ended with exit code 3\.[^]*the worker has no words/),
    });
    expect(refused.processes()).toEqual([]);
    expect((await refused.stack.ps()).map(({ state }) => state)).toEqual(Array(4).fill('stopped'));
  });

  test('because a server refuses its arguments, shows what it said', async () => {
    const refused = bench({ searchAttributes: { 'No Name': 'Keyword', ['x='.repeat(2)]: 'Keyword' } });
    await expect(refused.up()).rejects.toMatchObject({
      code: 'STACK_PART_FAILED',
      message: expect.stringMatching(
        /^Temporal ended with exit code \d+\. The end of .*temporal\.log:\n {2}\S/,
      ),
    });
    expect(refused.processes()).toEqual([]);
  });

  test('because its supervisor’s program is missing, says which', async () => {
    const refused = bench({ supervisorCommand: ['/nowhere/supervisor'] });
    await expect(refused.up()).rejects.toThrow('/nowhere/supervisor');
  });

  test('because its supervisor ends at once, shows the end of its log', async () => {
    const refused = bench({ supervisorCommand: ['/bin/sh', '-c', 'echo "no such module" >&2; exit 1'] });
    await expect(refused.up()).rejects.toMatchObject({
      code: 'STACK_SUPERVISOR_LOST',
      message: expect.stringContaining('no such module'),
    });
  });

  test('comes up at the next try, once the reason is gone', async () => {
    const program = join(temporaryDirectory(), 'worker');
    const again = bench({ workerCommand: [program] });
    await expect(again.up()).rejects.toMatchObject({ code: 'STACK_PART_FAILED' });
    const command = again.fakeWorker.map((word) => `'${word}'`).join(' ');
    writeFileSync(program, `#!/bin/sh\nexec ${command}\n`);
    chmodSync(program, 0o755);
    expect((await again.up()).database.embedded).toBe(true);
  });
});

test('a stack seen from another PID namespace is up, is not started twice, and is not signalled', async () => {
  const seen = bench();
  const endpoints = await seen.up();
  const state = seen.state();
  const elsewhere = { ...state.supervisor, realm: 'another namespace' };
  const parts = state.parts.map((part) => ({
    ...part,
    process: part.process && { ...part.process, realm: 'another' },
  }));
  const { stateFile } = findLayout(seen.options.home)!;
  writeState(stateFile, { ...state, supervisor: elsewhere, parts });
  expect(await seen.stack.ensure(quiet)).toEqual(endpoints);
  expect((await seen.stack.ps()).map((part) => part.state)).toEqual(Array(4).fill('running'));
  await expect(seen.down()).rejects.toMatchObject({ code: 'STACK_NOT_OURS' });
  expect((await seen.inProcess('ensure')).value).toEqual(endpoints);
  writeState(stateFile, state);
});

if (isRoot()) {
  describe('a disk that is full', () => {
    const smallDisk = (size: string) => {
      const directory = temporaryDirectory();
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', directory]);
      ends.push(() => execFileSync('umount', ['--lazy', directory]));
      return directory;
    };
    const resize = (directory: string, size: string) =>
      execFileSync('mount', ['-o', `remount,size=${size}`, directory]);

    test('before the start is refused before anything is started', async () => {
      const disk = smallDisk('128k');
      const refused = bench({ home: join(disk, 'home') });
      await expect(refused.up()).rejects.toMatchObject({ code: 'STACK_DISK_FULL' });
      expect(refused.processes()).toEqual([]);
    });

    test('during the start is named as the reason, and the start works once there is room', async () => {
      const disk = smallDisk('1m');
      const refused = bench({ home: join(disk, 'home') });
      await expect(refused.up()).rejects.toMatchObject({ code: 'STACK_DISK_FULL' });
      expect(refused.processes()).toEqual([]);
      resize(disk, '200m');
      expect((await refused.up()).temporal.embedded).toBe(true);
    });

    test('while the stack is up costs no data', async () => {
      const disk = smallDisk('100m');
      const filled = bench({ home: join(disk, 'home') });
      await leaveData(await filled.up());
      const filler = join(disk, 'filler');
      expect(() => writeFileSync(filler, Buffer.alloc(120 * 1024 * 1024))).toThrow('ENOSPC');
      const [pid = 0] = await filled.kill('temporal');
      rmSync(filler);
      await filled.runsAgain('temporal', pid);
      expect(await findData(await filled.stack.ensure(quiet))).toEqual(ALL_DATA);
    });
  });
} else {
  test('a home that nobody may write to is refused with what to do', async () => {
    const home = join(temporaryDirectory(), 'home');
    mkdirSync(home, { mode: 0o500 });
    await expect(bench({ home }).up()).rejects.toMatchObject({ code: 'STACK_DIRECTORY_UNUSABLE' });
  });
}
