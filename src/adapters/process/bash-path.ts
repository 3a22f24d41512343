import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { RunError } from '../../core/errors.js';

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
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
export function findBash(configured: string | null, searchPath: string): string {
  const directories = searchPath.split(':').filter(isAbsolute);
  const candidates =
    configured === null ? directories.map((directory) => join(directory, 'bash')) : [configured];
  for (const candidate of candidates) if (isProgram(candidate)) return candidate;
  throw new RunError(
    'NODE_UNSTARTABLE',
    configured === null
      ? `there is no bash on the worker's PATH (${searchPath}); install it, or name one with SIGNALBOX_BASH`
      : `SIGNALBOX_BASH names ${configured}, which is no program; correct it`,
  );
}
