import { realpath, stat } from 'node:fs/promises';
import { RunError } from '../../core/errors.js';
import type { HostId } from '../../core/ids.js';
import type { Host } from '../../ports/host.js';

/**
 * This machine and user. `baseBranch`: how git's files tell the base branch of a working path · `futurePath`: the real
 * path of what may not exist yet.
 */
export function makeHost(facts: {
  readonly hostId: HostId;
  readonly uid: number;
  readonly baseBranch: (workingPath: string) => Promise<string>;
  readonly futurePath: (path: string) => Promise<string>;
}): Host {
  return {
    ...facts,
    realPath: async (path) => {
      const real = await realpath(path).catch((error: unknown) => {
        throw gone(path, error);
      });
      if (!(await stat(real)).isDirectory()) throw gone(path, null);
      return real;
    },
  };
}

function gone(path: string, cause: unknown): RunError {
  const reason = cause instanceof Error ? ` (${cause.message})` : '';
  return new RunError(
    'WORKING_PATH_INVALID',
    `${path} is no directory on this host any more${reason}; start the run again where it is now`,
    { path },
    { cause },
  );
}
