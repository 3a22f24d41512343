import { userInfo } from 'node:os';
import type { Census, Target } from './census.js';
import type { Survivor } from './end-processes.js';

function signalGroup(groupId: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-groupId, name);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function toSurvivor(groupId: number): Survivor {
  return {
    key: String(groupId),
    isAlive: () => signalGroup(groupId, 0),
    signal(name) {
      signalGroup(groupId, name);
      if (name === 'SIGTERM') signalGroup(groupId, 'SIGCONT');
    },
    describe: () => ({ pid: groupId, user: userInfo().username, command: `[process group ${groupId}]` }),
  };
}

/**
 * Any Unix: the process groups of the commands that this box started. A child that leaves its group
 * (`setsid`) is not found, nor is what an earlier worker left.
 */
export function makeGroupCensus(): Census {
  /** Once empty, a group's number may become another's. */
  const emptied = new Set<Target['commands'][number]>();
  return {
    find(target) {
      const survivors: Survivor[] = [];
      for (const command of target.commands) {
        if (emptied.has(command)) continue;
        const survivor = toSurvivor(command.pid);
        if (survivor.isAlive()) survivors.push(survivor);
        else emptied.add(command);
      }
      return Promise.resolve(survivors);
    },
    runIds: () => Promise.resolve(new Set()),
    ticksNow: () => null,
  };
}
