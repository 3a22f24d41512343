import { cp, lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { worktreeFailed } from './git.js';

/**
 * Copies files that git ignores from one checkout to another. What is missing is left out, what is there already
 * stays, and nothing is written outside.
 * @returns what is missing
 */
export async function copyFiles(order: {
  readonly from: string;
  readonly to: string;
  readonly paths: readonly string[];
}): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const path of order.paths) {
    const source = join(order.from, path);
    if ((await lstat(source).catch(() => null)) === null) missing.push(path);
    else await copyFile(source, order.to, path);
  }
  return missing;
}

async function copyFile(source: string, worktree: string, path: string): Promise<void> {
  const target = join(worktree, path);
  try {
    await mkdir(dirname(target), { recursive: true });
    const place = await realpath(dirname(target));
    if (place !== worktree && !place.startsWith(worktree + sep)) {
      throw new Error(`${dirname(path)} leads out of the worktree`);
    }
    await cp(source, target, {
      ...{ recursive: true, force: false, errorOnExist: false },
      ...{ preserveTimestamps: true, verbatimSymlinks: true },
    });
  } catch (error) {
    throw worktreeFailed(
      `${source} cannot be copied (${error instanceof Error ? error.message : String(error)})`,
      'Mend worktree.copyFiles in .archon/config.yaml',
    );
  }
}
