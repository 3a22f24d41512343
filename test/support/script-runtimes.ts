import { accessSync, constants, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempDirectory } from './temp-directory.js';

const BUN = fileURLToPath(new URL('../../node_modules/.bin/bun', import.meta.url));

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where `npm test` has found or put uv; a single file that is run by hand finds it there, too. */
function findUv(): string {
  const { SIGNALBOX_TEST_UV: given, PATH = '', SIGNALBOX_HOME: home } = process.env;
  const folders = [
    ...PATH.split(':').filter(isAbsolute),
    join(home ?? join(homedir(), '.signalbox'), 'cache/programs/uv-0.9.8/bin'),
  ];
  const found = [given ?? '', ...folders.map((folder) => join(folder, 'uv'))].find(isProgram);
  if (found === undefined) throw new Error('there is no uv; npm test -- FILE fetches it once');
  return found;
}

type Runtime = 'bun' | 'uv';

/** Puts Bun and uv, or one of them, into a folder for `PATH`. */
export function linkRuntimes(folder: string, names: readonly Runtime[] = ['bun', 'uv']): void {
  for (const name of names) symlinkSync(name === 'bun' ? BUN : findUv(), join(folder, name));
}

/** An environment whose `PATH` has Bun and uv, or one of them. Its folders go when the test is over. */
export function scriptEnvironment(names?: readonly Runtime[]): {
  readonly PATH: string;
  readonly UV_CACHE_DIR: string;
} {
  const folder = tempDirectory();
  linkRuntimes(folder, names);
  return { PATH: `${folder}:/usr/local/bin:/usr/bin:/bin`, UV_CACHE_DIR: join(folder, 'cache') };
}
