import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { worktreeFailed } from './git.js';

const DIRECTORY = 'signalbox';

/** Our own directory in what all worktrees of a repository share. @param commonDirectory `.git` of the main checkout */
export async function ownDirectory(commonDirectory: string): Promise<string> {
  const directory = join(commonDirectory, DIRECTORY);
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw worktreeFailed(
      `${directory} cannot be made (${String(error)})`,
      'Let this user write to the repository',
    );
  });
  return directory;
}

/** Says that it has the lock, and keeps it until its input ends: with its owner, however that dies. */
const HOLDER = 'echo held; exec cat';

/**
 * Does something while nobody else does anything to a repository's branches and worktrees. Git's own locks do not
 * wait: of thirty that add a worktree at once, some would fail.
 * @param flock absolute; null: there is nothing to wait with
 */
export async function withRepositoryLock<Result>(
  flock: string | null,
  commonDirectory: string,
  { signal, body }: { readonly signal: AbortSignal; readonly body: () => Promise<Result> },
): Promise<Result> {
  const directory = await ownDirectory(commonDirectory);
  if (flock === null) return body();
  const holder = spawn(flock, ['-x', join(directory, 'lock'), '/bin/sh', '-c', HOLDER], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'ignore'],
    signal,
  });
  // An abort ends it; whoever waits for it is told by the signal.
  holder.on('error', () => undefined);
  holder.stdin.on('error', () => undefined);
  try {
    const isHeld = await Promise.race([
      once(holder.stdout, 'data').then(() => true),
      once(holder, 'close').then(() => false),
    ]);
    signal.throwIfAborted();
    if (!isHeld)
      throw worktreeFailed(`${directory} cannot be locked`, 'Let this user write to the repository');
    return await body();
  } finally {
    holder.stdin.end();
  }
}
