import { closeSync, openSync } from 'node:fs';
import type { BoxTask } from '../../ports/box.js';
import type { WalledPlace } from './census.js';
import type { HelperPrograms } from './helper-programs.js';
import { pidNamespaceOf, type ProcessIdentity } from './proc.js';

/** The way into the namespaces of an open box. They are held open: another process's number cannot lead in. */
export interface Walls {
  readonly place: WalledPlace;
  /** The command that lets the task's command in. It leads no session of the run's own: `setsid` does, inside. */
  letIn(task: BoxTask): BoxTask;
  /** Lets go of the namespaces. */
  release(): void;
}

const NAMESPACES = {
  1: ['pid', 'mnt'],
  2: ['pid', 'mnt', 'user'],
} as const;
const OPTION = { pid: '--pid', mnt: '--mount', user: '--user' } as const;

/** What would have the door itself load or run something of the run's, outside of the walls. */
const LOADER_VARIABLE = /^(?:LD_.*|GCONV_PATH|GLIBC_TUNABLES)$/;

/** @returns null: INIT has gone meanwhile */
export function openWalls(programs: HelperPrograms, level: 1 | 2, init: ProcessIdentity): Walls | null {
  const files: number[] = [];
  const release = (): void => {
    for (const file of files.splice(0)) closeSync(file);
  };
  try {
    const options = NAMESPACES[level].map((name) => {
      const file = openSync(`/proc/${init.pid}/ns/${name}`, 'r');
      files.push(file);
      return `${OPTION[name]}=/proc/${process.pid}/fd/${file}`;
    });
    const namespace = pidNamespaceOf(init.pid);
    if (namespace === null) throw new Error('gone');
    const credentials = level === 2 ? ['--preserve-credentials'] : [];
    const door = [programs.nsenter, ...options, ...credentials] as const;
    return {
      place: { namespace, initPid: init.pid },
      letIn: (task) => throughDoor(programs, door, task),
      release,
    };
  } catch {
    release();
    return null;
  }
}

function throughDoor(
  { setsid, env }: HelperPrograms,
  door: readonly [string, ...string[]],
  task: BoxTask,
): BoxTask {
  const entries = Object.entries(task.environment);
  const forLoader = entries.filter(([name]) => LOADER_VARIABLE.test(name));
  const others = entries.filter(([name]) => !LOADER_VARIABLE.test(name));
  const inside = forLoader.map(([name, value]) => `${name}=${value}`);
  return {
    ...task,
    argv: [
      ...door,
      `--wdns=${task.workingPath}`,
      '--',
      setsid,
      ...(inside.length === 0 ? [] : [env, ...inside]),
      ...task.argv,
    ],
    environment: Object.fromEntries(others),
  };
}
