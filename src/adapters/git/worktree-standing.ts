import { access, lstat, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** What lies in the place of a worktree. */
export type Standing =
  /** Nothing, or an empty directory. */
  | { readonly kind: 'absent' }
  /** A worktree of the repository. */
  | { readonly kind: 'whole'; readonly gitDirectory: string }
  /** One that git had begun to add when it was killed. */
  | { readonly kind: 'broken' }
  /** Something else; `reason` continues its path. */
  | { readonly kind: 'stranger'; readonly reason: string };

/** @param commonDirectory of the repository, real */
export async function standingOf(workingPath: string, commonDirectory: string): Promise<Standing> {
  const names = await readdir(workingPath).catch((error: unknown) => {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : null;
  });
  if (names === null) return { kind: 'stranger', reason: 'is no directory that this user may read' };
  if (names.length === 0) return { kind: 'absent' };
  const gitDirectory = await gitDirectoryOf(workingPath);
  if (gitDirectory === null) return { kind: 'stranger', reason: 'holds files and is no worktree' };
  const common = await commonOf(gitDirectory);
  if (common === null || (await lockReason(gitDirectory)) === BEING_ADDED) {
    const isBare = names.length === 1;
    return isBare
      ? { kind: 'broken' }
      : { kind: 'stranger', reason: 'is a worktree that its repository has forgotten (git worktree repair)' };
  }
  if (common === commonDirectory) return { kind: 'whole', gitDirectory };
  return { kind: 'stranger', reason: `is a worktree of another repository, ${common}` };
}

/** Whether a directory is the top of a checkout. */
export const isThere = (workingPath: string): Promise<boolean> => exists(join(workingPath, '.git'));

/** Whether its files have been checked out: git writes the index of a worktree when all are there. */
export const isCheckedOut = (gitDirectory: string): Promise<boolean> => exists(join(gitDirectory, 'index'));

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Git's word for a worktree whose adding has not ended. */
const BEING_ADDED = 'initializing';

/** Where the `.git` of a worktree leads; null: it has none, or is a repository of its own. */
async function gitDirectoryOf(workingPath: string): Promise<string | null> {
  const pointer = await readFile(join(workingPath, '.git'), 'utf8').catch(() => null);
  const target = /^gitdir: (.+)$/s.exec(pointer ?? '')?.[1]?.trimEnd();
  return target === undefined ? null : resolve(workingPath, target);
}

async function commonOf(gitDirectory: string): Promise<string | null> {
  const common = await readFile(join(gitDirectory, 'commondir'), 'utf8').catch(() => null);
  return common === null ? null : realpath(resolve(gitDirectory, common.trim())).catch(() => null);
}

async function lockReason(gitDirectory: string): Promise<string | null> {
  const text = await readFile(join(gitDirectory, 'locked'), 'utf8').catch(() => null);
  return text === null ? null : text.trim();
}

/**
 * Has git forget a worktree that is not there, or was never finished.
 * @returns why it must not be forgotten: somebody locked it; null: it is forgotten, or was not known
 */
export async function forget(workingPath: string, commonDirectory: string): Promise<string | null> {
  const directory = join(commonDirectory, 'worktrees');
  for (const name of await readdir(directory).catch(() => [])) {
    const place = join(directory, name);
    const pointer = await readFile(join(place, 'gitdir'), 'utf8').catch(() => '');
    if (dirname(resolve(place, pointer.trim())) !== workingPath) continue;
    const reason = await lockReason(place);
    if (reason !== null && reason !== BEING_ADDED) return reason;
    await rm(place, { recursive: true, force: true });
  }
  return null;
}

/** Takes away what an unfinished adding has left in the place of a worktree. */
export async function clear(workingPath: string): Promise<void> {
  const pointer = join(workingPath, '.git');
  if ((await lstat(pointer).catch(() => null))?.isFile() === true) await rm(pointer);
}
