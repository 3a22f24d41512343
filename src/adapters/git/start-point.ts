import { createHash } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorktreeOrder } from '../../core/isolation/worktree-order.js';
import { lookUp, mustSucceed, wordsOf, worktreeFailed, type Git } from './git.js';
import { ownDirectory } from './repository-lock.js';

/** Where a branch begins. */
export interface StartPoint {
  readonly commit: string;
  /** As people know it: `origin/main`. */
  readonly name: string;
}

export interface StartQuestion {
  readonly git: Git;
  readonly order: WorktreeOrder;
  readonly baseBranch: string;
  readonly commonDirectory: string;
  /** Milliseconds since 1970: what was fetched after it is new enough. */
  readonly askedAt: number;
}

/**
 * The commit at which a new branch begins, fetched if there is a remote.
 * @throws RunError `WORKTREE_FAILED`
 */
export async function findStartPoint(question: StartQuestion): Promise<StartPoint> {
  const { order, baseBranch } = question;
  const remote = await remoteOf(question);
  if (order.from !== null) return fromWish(question, order.from, remote);
  if (baseBranch === '') {
    throw worktreeFailed(
      `git does not tell which branch ${order.repository} is based on`,
      'Name it with --base, or with worktree.baseBranch in .archon/config.yaml',
    );
  }
  if (remote !== null && (await fetchBranch(question, remote, baseBranch))) {
    const found = await commitOf(question, `refs/remotes/${remote}/${baseBranch}`);
    if (found !== null) return { commit: found, name: `${remote}/${baseBranch}` };
  }
  const local = await commitOf(question, `refs/heads/${baseBranch}`);
  if (local !== null) return { commit: local, name: baseBranch };
  throw worktreeFailed(
    `there is no branch ${baseBranch} in ${order.repository}${remote === null ? '' : ` nor in ${remote}`}, or it has no commit yet`,
    'Name another with --base, or make the first commit',
  );
}

async function fromWish(question: StartQuestion, from: string, remote: string | null): Promise<StartPoint> {
  const here = await commitOf(question, from);
  if (here !== null) return { commit: here, name: from };
  if (remote !== null && (await fetchBranch(question, remote, from))) {
    const there = await commitOf(question, `refs/remotes/${remote}/${from}`);
    if (there !== null) return { commit: there, name: `${remote}/${from}` };
  }
  throw worktreeFailed(
    `there is nothing called ${from} in ${question.order.repository}`,
    'See its branches with git branch --all, and name one with --from',
  );
}

/** The remote that was asked for, else `origin`, else the only one; null: there is none. */
async function remoteOf({ git, order }: StartQuestion): Promise<string | null> {
  const answer = await git(['remote'], order.repository);
  const remotes = answer.stdout.split('\n').filter((name) => name !== '');
  if (order.remote !== null) {
    if (remotes.includes(order.remote)) return order.remote;
    throw worktreeFailed(
      `${order.repository} has no remote ${order.remote}`,
      'Mend worktree.remote in .archon/config.yaml, or add the remote',
    );
  }
  if (remotes.includes('origin')) return 'origin';
  return remotes.length === 1 ? (remotes[0] ?? null) : null;
}

/**
 * What somebody else fetched while this one waited for the repository serves as well.
 * @returns false: the remote has no such branch
 */
async function fetchBranch(question: StartQuestion, remote: string, branch: string): Promise<boolean> {
  const { git, order, askedAt, commonDirectory } = question;
  const mark = await markOf(commonDirectory, `${remote}/${branch}`);
  const fetchedAt = await stat(mark).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  if (fetchedAt > askedAt) return true;
  const options = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
  const refspec = `+refs/heads/${branch}:refs/remotes/${remote}/${branch}`;
  const answer = await git(['fetch', ...options, '--', remote, refspec], order.repository);
  if (answer.status === 0) {
    await writeFile(mark, '');
    return true;
  }
  if (answer.stderr.includes("couldn't find remote ref")) return false;
  throw worktreeFailed(
    `${remote}/${branch} cannot be fetched: ${wordsOf(answer)}`,
    `See that ${remote} can be reached without a password being asked for, or begin with what is here: --from ${remote}/${branch}`,
  );
}

async function markOf(commonDirectory: string, name: string): Promise<string> {
  const directory = join(await ownDirectory(commonDirectory), 'fetched');
  await mkdir(directory, { recursive: true });
  return join(directory, createHash('sha256').update(name).digest('hex').slice(0, 32));
}

function commitOf({ git, order }: StartQuestion, name: string): Promise<string | null> {
  const words = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  return lookUp(git, words, order.repository);
}

/** What all worktrees of a repository share, real. @throws RunError `WORKTREE_FAILED` */
export async function sharedDirectoryOf(git: Git, repository: string): Promise<string> {
  const words = ['rev-parse', '--path-format=absolute', '--git-common-dir'];
  return mustSucceed(git, words, {
    directory: repository,
    advice: `See what git says to: git -C ${repository} status`,
  });
}
