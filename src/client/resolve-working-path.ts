import { constants } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunError } from '../core/errors.js';
import type { WorkingPath } from '../core/ids.js';
import { asWorkingPath } from '../core/lease/working-path.js';

/**
 * The working path that a directory means on this machine: its real path, or, inside a git worktree, the
 * top of it. Found by walking up to `.git` ourselves: the `git` program refuses other users' repositories
 * and obeys `GIT_DIR`.
 * @throws RunError `WORKING_PATH_INVALID` missing, no directory, unreadable, or no UTF-8
 */
export async function resolveWorkingPath(
  directory: string,
  options: { readonly isFolder: boolean },
): Promise<WorkingPath> {
  const real = await realDirectory(directory);
  const top = options.isFolder ? real : ((await gitTop(real)) ?? real);
  await requireAccess(top);
  return asWorkingPath(top);
}

/** @throws RunError `WORKING_PATH_INVALID` */
export async function realDirectory(directory: string): Promise<string> {
  const bytes = await realpath(directory, { encoding: 'buffer' }).catch((error: unknown) => {
    throw new RunError(
      'WORKING_PATH_INVALID',
      `${directory} ${reasonOf(error)}; name an existing directory`,
      {
        path: directory,
      },
    );
  });
  const real = bytes.toString('utf8');
  if (!Buffer.from(real, 'utf8').equals(bytes)) {
    throw new RunError('WORKING_PATH_INVALID', `${directory} is not named in UTF-8; rename the directory`, {
      path: directory,
    });
  }
  if (!(await stat(real)).isDirectory()) {
    throw new RunError('WORKING_PATH_INVALID', `${directory} is a file; name the directory to work in`, {
      path: directory,
    });
  }
  return real;
}

async function requireAccess(directory: string): Promise<void> {
  await access(directory, constants.R_OK | constants.X_OK).catch(() => {
    throw new RunError(
      'WORKING_PATH_INVALID',
      `${directory} may not be read by this user; mend its permissions`,
      {
        path: directory,
      },
    );
  });
}

async function gitTop(start: string): Promise<string | null> {
  for (let directory = start; ; directory = dirname(directory)) {
    const entry = await lstat(join(directory, '.git')).catch(() => null);
    if (entry !== null) return directory;
    if (directory === dirname(directory)) return null;
  }
}

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'does not exist';
    case 'ENOTDIR':
      return 'is a file, or lies below one';
    case 'EACCES':
      return 'may not be read by this user';
    case 'ELOOP':
      return 'is a circle of links';
    default:
      return `cannot be resolved (${error instanceof Error ? error.message : String(error)})`;
  }
}
