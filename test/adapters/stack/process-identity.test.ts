import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identityOf, isAlive, signalProcess } from '../../../src/adapters/stack/process-identity.js';
import { findByArguments, findByDirectory } from '../../../src/adapters/stack/process-search.js';
import { endProcess } from '../../../src/adapters/stack/ending.js';

describe('a process', () => {
  let child: ChildProcess;
  beforeEach(async () => {
    child = spawn('sh', [
      '-c',
      'trap "" TERM; echo ready; while :; do sleep 0.02; done',
      'sh',
      '--marked',
      'as ours',
    ]);
    await once(child.stdout!, 'data');
  });
  afterEach(() => void child.kill('SIGKILL'));
  const identity = () => identityOf(child.pid!)!;

  test('is the same for as long as it lives, and gone afterwards', async () => {
    const before = identity();
    expect(identity()).toEqual(before);
    expect(isAlive(before)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(before)).toBe(false);
    expect(identityOf(before.pid)).toBeNull();
  });

  test('that merely has the pid of another is neither alive nor signalled', () => {
    const successor = { ...identity(), startedAt: '1' };
    expect(isAlive(successor)).toBe(false);
    expect(signalProcess(successor, 'SIGKILL')).toBe(false);
    const elsewhere = { ...identity(), realm: 'another boot' };
    expect(signalProcess(elsewhere, 'SIGKILL')).toBe(false);
    expect(isAlive(identity())).toBe(true);
  });

  test('that ignores SIGTERM is killed when its time is up', async () => {
    const before = identity();
    expect(await endProcess(before, [{ signal: 'SIGTERM', waitMs: 100 }])).toBe(true);
    expect(isAlive(before)).toBe(false);
  });

  test('is found by arguments that follow each other, not by a part of one', () => {
    const pids = (sequence: string[]) => findByArguments(sequence).map(({ pid }) => pid);
    expect(pids(['--marked', 'as ours'])).toContain(child.pid);
    expect(pids(['--marked', 'as'])).not.toContain(child.pid);
  });

  test('is found by its directory only when the program is the one that is meant', () => {
    const pids = (program: string) => findByDirectory(program, process.cwd()).map(({ pid }) => pid);
    expect(pids('node')).toContain(process.pid);
    expect(pids('postgres')).not.toContain(process.pid);
  });
});

test('a zombie does not live', async () => {
  // The shell never waits for its child, which ends at once.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60']);
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  await expect.poll(() => identityOf(pid)).toBeNull();
  parent.kill('SIGKILL');
});
