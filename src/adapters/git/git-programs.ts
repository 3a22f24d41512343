import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../../core/errors.js';

/** Where systems keep programs; never the `PATH` of somebody's environment. */
const DIRECTORIES = [
  ...['/usr/bin', '/bin', '/usr/local/bin', '/opt/homebrew/bin', '/opt/local/bin'],
  '/run/current-system/sw/bin',
];

/** Absolute paths of what worktrees are made with. */
export interface GitPrograms {
  readonly git: string;
  /** Null: this system has none, and git's own locks must do. */
  readonly flock: string | null;
}

function find(name: string): string | null {
  const isProgram = (path: string): boolean => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  return DIRECTORIES.map((directory) => join(directory, name)).find(isProgram) ?? null;
}

/** @throws RunError `WORKTREE_FAILED` there is no git */
export function findGitPrograms(): GitPrograms {
  const git = find('git');
  if (git !== null) return { git, flock: find('flock') };
  throw new RunError(
    'WORKTREE_FAILED',
    `there is no git on this machine (looked for in ${DIRECTORIES.join(', ')}); install it, or work in the directory itself with --no-worktree`,
  );
}
