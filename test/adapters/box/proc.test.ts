import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  describeProcess,
  hasProc,
  listProcesses,
  parseStat,
  readEnvironment,
  readProcess,
  ticksNow,
} from '../../../src/adapters/box/proc.js';
import { eventually } from '../../support/eventually.js';

const stat = (name: string, state: string, threads = 1): string =>
  `4711 (${name}) ${state} 10 4711 4700 0 -1 4194304 100 0 1 0 0 0 0 0 20 0 ${threads} 0 132998 3133440 390`;

describe('a line of /proc/PID/stat', () => {
  it('names parent, group, session and start', () => {
    expect(parseStat(stat('cat', 'S'))).toEqual({
      pid: 4711,
      name: 'cat',
      parentPid: 10,
      groupId: 4711,
      sessionId: 4700,
      startTicks: 132998,
      isAlive: true,
      isStopped: false,
    });
  });

  it('is read right though the name looks like the rest of the line', () => {
    expect(parseStat(stat('a) R 1 (b', 'S'))).toMatchObject({ name: 'a) R 1 (b', parentPid: 10 });
  });

  it.each([
    ['R', 1, true],
    ['D', 1, true],
    ['Z', 1, false],
    ['Z', 0, false],
    ['Z', 3, true],
    ['X', 1, false],
  ])('with state %s and %i threads: alive %s', (state, threads, isAlive) => {
    expect(parseStat(stat('x', state, threads))).toMatchObject({ isAlive });
  });

  it('that is none gives null', () => {
    expect(parseStat('')).toBeNull();
    expect(parseStat('4711 (cat) S 10')).toBeNull();
  });
});

describe('/proc', () => {
  it('is there, and shows this process with its parent', async () => {
    expect(hasProc()).toBe(true);
    const own = (await listProcesses()).find(({ pid }) => pid === process.pid);
    expect(own).toMatchObject({ parentPid: process.ppid, isAlive: true });
    expect(own!.startTicks).toBeLessThanOrEqual(ticksNow());
  });

  it('shows what a process was born with, and what it is, for people', async () => {
    const child = spawn('/bin/sleep', ['1000'], { env: { COLOUR: 'green' }, stdio: 'ignore' });
    try {
      const entry = await eventually(() => {
        const found = readProcess(child.pid!);
        expect(found?.name).toBe('sleep');
        return found!;
      });
      expect(readEnvironment(child.pid!)?.toString()).toBe('COLOUR=green\0');
      expect(describeProcess(entry)).toMatchObject({ pid: child.pid, command: '/bin/sleep 1000' });
      expect(describeProcess(entry).user).not.toBe('');
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('has nothing of a process that is gone', () => {
    const nobody = 4_194_304;
    expect(readProcess(nobody)).toBeNull();
    expect(readEnvironment(nobody)).toBeNull();
  });
});
