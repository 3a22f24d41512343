import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Environment } from './options.js';

/** Every executable of this name on PATH, in its order. Relative entries of PATH are passed over. */
export function executablesOnPath(program: string, environment: Environment): string[] {
  return (environment['PATH'] ?? '')
    .split(':')
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, program))
    .filter(isExecutable);
}

/** @throws Error that names what is missing */
export function requireOnPath(program: string, environment: Environment): string {
  const [path] = executablesOnPath(program, environment);
  if (path === undefined) throw new Error(`no ${program} on PATH`);
  return path;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
