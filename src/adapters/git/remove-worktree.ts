import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { RunError } from '../../core/errors.js';
import type { WorktreeName } from '../../ports/worktree-care.js';
import { lookUp, wordsOf, worktreeFailed, type Git, type GitAnswer } from './git.js';
import { withRepositoryLock } from './repository-lock.js';
import { sharedDirectoryOf } from './start-point.js';
import { forget, isThere } from './worktree-standing.js';

/** At the remote first: where that is away, the branch here tells that something is left to do. */
export async function removeBranch(
  git: Git,
  { repository, branch }: WorktreeName,
  { isRemoteToo }: { readonly isRemoteToo: boolean },
): Promise<void> {
  const remotes = isRemoteToo ? await remotesWith(git, repository, branch) : [];
  for (const remote of remotes) await removeRemoteBranch(git, { repository, remote, branch });
  const here = ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`];
  if ((await lookUp(git, here, repository)) === null) return;
  await mustRemove(git, ['branch', '--quiet', '-D', '--', branch], repository);
}

async function remotesWith(git: Git, repository: string, branch: string): Promise<readonly string[]> {
  const { stdout } = await git(
    ['for-each-ref', '--format=%(refname)', `refs/remotes/*/${branch}`],
    repository,
  );
  return stdout
    .split('\n')
    .filter((name) => name !== '')
    .map((name) => name.slice('refs/remotes/'.length, -branch.length - 1));
}

/** GitHub removes branches that are merged; git here does not hear of it. */
async function removeRemoteBranch(
  git: Git,
  { repository, remote, branch }: { readonly [Name in 'repository' | 'remote' | 'branch']: string },
): Promise<void> {
  const words = ['push', '--quiet', '--delete', '--', remote, `refs/heads/${branch}`];
  const answer = await git(words, repository);
  if (answer.status === 0) return;
  if (!answer.stderr.includes('remote ref does not exist')) throw removalFailed(words, answer);
  await mustRemove(git, ['update-ref', '-d', `refs/remotes/${remote}/${branch}`], repository);
}

/** @throws RunError `WORKTREE_FAILED` */
async function mustRemove(git: Git, words: readonly string[], directory: string): Promise<void> {
  const answer = await git(words, directory);
  if (answer.status !== 0) throw removalFailed(words, answer);
}

function removalFailed(words: readonly string[], answer: GitAnswer): RunError {
  const said = wordsOf(answer).replace(/\.+$/, '');
  return new RunError('WORKTREE_FAILED', `git ${words[0] ?? ''} says: ${said}. Mend that, and try again`);
}

/** While nobody else can begin to work in it. @param mayGo asked once that is so @returns false: it stays */
export async function removeWorktree(
  { git, flock }: { readonly git: Git; readonly flock: string | null },
  worktree: WorktreeName,
  mayGo: () => Promise<boolean>,
): Promise<boolean> {
  const { repository, workingPath } = worktree;
  const release = (await isThere(workingPath)) ? await holdDirectory(flock, workingPath) : () => undefined;
  if (release === null) return false;
  try {
    if (!(await mayGo())) return false;
    const common = await realpath(await sharedDirectoryOf(git, repository));
    const body = async (): Promise<void> => {
      if (!(await isThere(workingPath))) {
        await forget(workingPath, common);
        return;
      }
      // Ignored files go with it; that nothing else would is known.
      const words = ['worktree', 'remove', '--force', '--', workingPath];
      await mustRemove(git, words, repository);
    };
    await withRepositoryLock(flock, common, { signal: new AbortController().signal, body });
    return true;
  } finally {
    release();
  }
}

/** Locks a directory as the box of a run does. @returns what gives it back; null: somebody has it */
async function holdDirectory(flock: string | null, directory: string): Promise<(() => void) | null> {
  if (flock === null) return () => undefined;
  // The dot: in the place of a directory that has just gone, `flock` would make a file.
  const words = ['-x', '-n', '-E', '75', `${directory}/.`, '/bin/sh', '-c', 'echo held; exec cat'];
  const holder = spawn(flock, words, {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  holder.stdin.on('error', () => undefined);
  const status = await Promise.race([
    once(holder.stdout, 'data').then(() => 'held' as const),
    once(holder, 'close').then(([code]) => code as number | null),
  ]);
  if (status === 'held') return () => holder.stdin.end();
  if (status === 75) return null;
  if (!(await isThere(directory))) return () => undefined;
  throw worktreeFailed(`${directory} cannot be locked`, 'See whether this user may read it');
}
