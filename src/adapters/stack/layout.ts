import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unusableDirectory } from './failure.js';

/** Where everything of one local stack lies. */
export interface StackLayout {
  /** Real path. */
  readonly home: string;
  /** State, locks and logs; 0700. */
  readonly directory: string;
  readonly stateFile: string;
  readonly locks: string;
  readonly temporalDatabase: string;
  /** Data, programs and passwords of PostgreSQL. */
  readonly postgres: string;
}

/** The layout of a home in which a stack has been made; null when there is none. Touches nothing. */
export function findLayout(home: string): StackLayout | null {
  try {
    const layout = layoutOf(realpathSync.native(home));
    return statSync(layout.directory).isDirectory() ? layout : null;
  } catch {
    return null;
  }
}

/**
 * Makes the directories, and proves that they can be written to.
 * @throws RunError `STACK_DIRECTORY_UNUSABLE`, `STACK_DISK_FULL`
 */
export function makeLayout(home: string): StackLayout {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const layout = layoutOf(realpathSync.native(home));
    mkdirSync(join(layout.directory, 'log'), { recursive: true, mode: 0o700 });
    mkdirSync(join(layout.home, 'temporal'), { recursive: true, mode: 0o700 });
    probe(layout.directory);
    return layout;
  } catch (error) {
    throw unusableDirectory(home, error);
  }
}

export type LogName = 'supervisor' | 'postgres' | 'temporal' | 'worker';

export function logFile(layout: StackLayout, name: LogName): string {
  return join(layout.directory, 'log', `${name}.log`);
}

const PROBE_BYTES = 256 * 1024;

/** As much as a start writes here before the servers do: less room than this is no room. */
function probe(directory: string): void {
  const file = join(directory, `probe.${process.pid}`);
  try {
    writeFileSync(file, Buffer.alloc(PROBE_BYTES), { mode: 0o600 });
  } finally {
    rmSync(file, { force: true });
  }
}

function layoutOf(home: string): StackLayout {
  const directory = join(home, 'stack');
  return {
    home,
    directory,
    stateFile: join(directory, 'state.json'),
    locks: join(directory, 'locks'),
    temporalDatabase: join(home, 'temporal', 'temporal.db'),
    postgres: isRoot() ? join('/var/lib/signalbox', stackId(home)) : join(home, 'postgres'),
  };
}

/** Root's home is closed to the account under which PostgreSQL must run, so its part of a stack lies elsewhere. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function stackId(home: string): string {
  return createHash('sha256')
    .update(`${process.getuid?.() ?? 0}\0${home}`)
    .digest('hex')
    .slice(0, 16);
}
