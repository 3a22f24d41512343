import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const NAMES = ['bash', 'env', 'flock', 'mv', 'nsenter', 'setpriv', 'setsid', 'unshare'] as const;
type HelperName = (typeof NAMES)[number];

/** Absolute paths of the system's own programs that boxes are made with. */
export type HelperPrograms = Readonly<Record<HelperName, string>>;

/** Where systems keep them; never the `PATH` of somebody's environment. */
const DIRECTORIES = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/run/current-system/sw/bin'];

/** What the helpers themselves see: nothing of a run's environment, nothing of the worker's. */
export const HELPER_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: DIRECTORIES.join(':'),
  LC_ALL: 'C',
};

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns the programs, or the names of those that are missing */
export function findHelperPrograms(): HelperPrograms | readonly string[] {
  const found = NAMES.map(
    (name) => [name, DIRECTORIES.map((path) => join(path, name)).find(isExecutable)] as const,
  );
  const missing = found.filter(([, path]) => path === undefined).map(([name]) => name);
  return missing.length === 0 ? (Object.fromEntries(found) as HelperPrograms) : missing;
}
