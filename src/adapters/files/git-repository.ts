import { lstat, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseGitConfig, type GitConfig } from './git-config.js';

/** A repository as its files show it. The `git` program refuses those of other users and obeys `GIT_DIR`. */
export interface GitRepository {
  /** Directory of the project: the main worktree, wherever one looks from. */
  readonly project: string;
  /** What all worktrees share: config, branches. */
  readonly commonDirectory: string;
  readonly config: GitConfig;
}

const MAX_POINTER_BYTES = 64 * 1024;

/** @returns null when it cannot be read */
export async function readTextFile(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}

/** Where a `.git` leads: itself, or what the file in its place names (worktrees, submodules). */
async function followDotGit(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return path;
  if (!found?.isFile() || found.size > MAX_POINTER_BYTES) return null;
  const target = /^gitdir: (.+)$/s.exec((await readTextFile(path)) ?? '')?.[1]?.trimEnd();
  return target === undefined ? null : resolve(dirname(path), target);
}

/** Whether a directory has a `.git`, whatever that leads to. */
export function hasDotGit(directory: string): Promise<boolean> {
  return lstat(join(directory, '.git')).then(
    () => true,
    () => false,
  );
}

/** The repository that a directory is in: that of the first `.git` upwards; null: there is none, or it is broken. */
export async function findRepository(directory: string): Promise<GitRepository | null> {
  for (let at = directory; ; at = dirname(at)) {
    const gitDirectory = await followDotGit(join(at, '.git'));
    if (gitDirectory !== null) {
      const common = await readTextFile(join(gitDirectory, 'commondir'));
      const commonDirectory = common === null ? gitDirectory : resolve(gitDirectory, common.trim());
      const config = await readTextFile(join(commonDirectory, 'config'));
      const project = basename(commonDirectory) === '.git' ? dirname(commonDirectory) : at;
      if (config !== null) return { project, commonDirectory, config: parseGitConfig(config) };
    }
    if (at === dirname(at) || (await hasDotGit(at))) return null;
  }
}
