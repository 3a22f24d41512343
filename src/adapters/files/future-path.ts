import { realpath } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import { RunError } from '../../core/errors.js';

/**
 * The real path of what may not exist yet: that of the directory that does, and the rest as it is.
 * @param path absolute
 * @throws RunError `WORKING_PATH_INVALID` something on the way is no directory, or may not be read
 */
export async function futurePath(path: string): Promise<string> {
  const rest: string[] = [];
  for (let at = normalize(path); ; at = dirname(at)) {
    try {
      return join(await realpath(at), ...rest);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(path, at, error);
      rest.unshift(basename(at));
    }
  }
}

function unusable(path: string, at: string, error: unknown): RunError {
  const reason = error instanceof Error ? error.message : String(error);
  return new RunError(
    'WORKING_PATH_INVALID',
    `${path} cannot be made: ${at} leads nowhere (${reason}); mend it, or let ARCHON_HOME name another directory`,
    { path },
    { cause: error },
  );
}
