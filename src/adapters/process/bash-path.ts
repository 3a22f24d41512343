import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { RunError } from '../../core/errors.js';

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/**
 * The absolute path of the shell.
 * @param configured as the configuration names it; null: looked for
 * @param searchPath `$PATH`; relative entries are passed over
 * @throws RunError `NODE_UNSTARTABLE`
 */
export async function findBash(configured: string | null, searchPath: string): Promise<string> {
  const directories = searchPath.split(':').filter(isAbsolute);
  const candidates =
    configured === null ? directories.map((directory) => join(directory, 'bash')) : [configured];
  for (const candidate of candidates) if (await isProgram(candidate)) return candidate;
  throw new RunError(
    'NODE_UNSTARTABLE',
    configured === null
      ? `there is no bash on the worker's PATH (${searchPath}); install it, or name one with SIGNALBOX_BASH`
      : `SIGNALBOX_BASH names ${configured}, which is no program; correct it`,
  );
}
