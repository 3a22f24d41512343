import { describe, expect, it } from 'vitest';
import type { StartedCommand } from '../../../src/adapters/box/census.js';
import { ownsSession } from '../../../src/adapters/box/marker-census.js';
import type { ProcEntry } from '../../../src/adapters/box/proc.js';

const member = (pid: number, startTicks: number): ProcEntry => ({
  pid,
  name: 'sleep',
  parentPid: 1,
  groupId: 100,
  sessionId: 100,
  startTicks,
  isAlive: true,
  isStopped: false,
});

const command = (endedTicks: number | null): StartedCommand => ({
  attemptId: 'build.1',
  pid: 100,
  startTicks: 1000,
  endedTicks,
  isDoor: false,
  hasEntered: false,
});

describe('the session of a command', () => {
  it.each<[string, number | null, ProcEntry[], boolean]>([
    ['has its leader', null, [member(100, 1000)], true],
    ['has members while the leader lives', null, [member(101, 1500)], true],
    ['has a member that is older than the end of its leader', 2000, [member(101, 1500)], true],
    ['has old and new members', 2000, [member(102, 2500), member(101, 1500)], true],
    ['has nobody', 2000, [], false],
    ['has only members that are younger than the end of its leader', 2000, [member(101, 2500)], false],
    ['has a leader of the same number, but another', 2000, [member(100, 2500), member(101, 2600)], false],
  ])('that %s', (_, endedTicks, members, isOurs) => {
    expect(ownsSession(command(endedTicks), members)).toBe(isOurs);
  });
});
