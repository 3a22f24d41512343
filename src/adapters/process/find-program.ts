import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { ScriptRuntime } from '../../core/definition/definition.js';
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
 * The absolute path of a program; null: there is none.
 * @param searchPath `$PATH`; relative entries are passed over
 */
export function findOnPath(name: string, searchPath: string): string | null {
  const directories = searchPath.split(':').filter(isAbsolute);
  return directories.map((directory) => join(directory, name)).find(isProgram) ?? null;
}

/**
 * The absolute path of the shell.
 * @param configured as the configuration names it; null: looked for
 * @param searchPath `$PATH` of the worker
 * @throws RunError `NODE_UNSTARTABLE`
 */
export function findBash(configured: string | null, searchPath: string): string {
  const found = configured === null ? findOnPath('bash', searchPath) : configured;
  if (found !== null && isProgram(found)) return found;
  throw new RunError(
    'NODE_UNSTARTABLE',
    configured === null
      ? `there is no bash on the worker's PATH (${searchPath}); install it, or name one with SIGNALBOX_BASH`
      : `SIGNALBOX_BASH names ${configured}, which is no program; correct it`,
  );
}

const INSTALL: Readonly<Record<ScriptRuntime, string>> = {
  bun: 'Install Bun (https://bun.sh)',
  uv: 'Install uv (https://docs.astral.sh/uv)',
};

/**
 * The absolute path of what runs scripts in a language.
 * @param searchPaths `$PATH` of the run's nodes, then the worker's
 * @throws RunError `RUNTIME_MISSING`
 */
export function findRuntime(runtime: ScriptRuntime, searchPaths: readonly string[]): string {
  for (const searchPath of searchPaths) {
    const found = findOnPath(runtime, searchPath);
    if (found !== null) return found;
  }
  throw new RunError(
    'RUNTIME_MISSING',
    `there is no ${runtime} on the PATH of this run, nor on that of its worker. ${INSTALL[runtime]} so that one of them has it, and start the run again`,
    { runtime, searched: [...new Set(searchPaths.flatMap((searchPath) => searchPath.split(':')))] },
  );
}
