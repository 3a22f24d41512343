import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MadeWorktree, WorktreeTask } from '../../core/isolation/worktree-order.js';
import { restoreCommand } from '../../core/isolation/restore-worktree.js';
import type { WorktreeMaking } from '../../ports/worktrees.js';
import { copyFiles } from './copy-files.js';
import { lookUp, mustSucceed, worktreeFailed, type Git } from './git.js';
import { openMakingRegister, type MakingRegister } from './making-register.js';
import { withRepositoryLock } from './repository-lock.js';
import { sharedDirectoryOf, findStartPoint, type StartPoint } from './start-point.js';
import { clear, exists, forget, isCheckedOut, standingOf, type Standing } from './worktree-standing.js';

export interface MakingParts {
  readonly git: Git;
  /** Absolute; null: there is none. */
  readonly flock: string | null;
  readonly now: () => number;
}

/** One worktree on its way. */
interface Work extends MakingParts, WorktreeMaking {
  readonly task: WorktreeTask;
  readonly commonDirectory: string;
  readonly register: MakingRegister;
  readonly warnings: string[];
}

/**
 * Makes a worktree: noted → added without files → filled → struck off. Only adding, which touches what all worktrees
 * share, is done one at a time. An attempt that finds one noted goes on from there; one that finds one not noted
 * takes it as it is.
 */
export async function makeWorktree(
  parts: MakingParts,
  task: WorktreeTask,
  making: WorktreeMaking,
): Promise<MadeWorktree> {
  const { git, now } = parts;
  const askedAt = now();
  const { repository } = task.order;
  const commonDirectory = await realpath(await sharedDirectoryOf(git, repository));
  const register = await openMakingRegister(commonDirectory);
  const work: Work = { ...parts, ...making, task, commonDirectory, register, warnings: [] };
  const standing = await standingOf(task.workingPath, commonDirectory);
  if (standing.kind === 'stranger') throw occupied(task, standing.reason);
  const isNoted = (await register.find(task.workingPath)) !== null;
  if (standing.kind === 'broken' && !isNoted) throw occupied(task, 'is a worktree that was never finished');
  if (standing.kind === 'whole' && !isNoted) return adopt(work);
  if (standing.kind !== 'whole') {
    if (task.holdsWork === true) throw gone(task);
    await withLock(work, () => add(work, standing, askedAt));
  }
  making.signal.throwIfAborted();
  await making.whenThere(task.order.branch);
  await fill(work);
  await register.strikeOff(task.workingPath);
  return { isAdopted: false, branch: task.order.branch, warnings: work.warnings };
}

function withLock(work: Work, body: () => Promise<void>): Promise<void> {
  const { flock, commonDirectory, signal } = work;
  return withRepositoryLock(flock, commonDirectory, { signal, body });
}

function occupied({ workingPath }: WorktreeTask, reason: string): Error {
  return worktreeFailed(`${workingPath} ${reason}`, 'Move it away, or choose another name with --branch');
}

function gone({ workingPath, order }: WorktreeTask): Error {
  return worktreeFailed(
    `${workingPath}, in which nodes of the run have completed, is gone`,
    `Start a new run, or put it back and resume this one; what was committed comes back with: ${restoreCommand(workingPath, order)}`,
  );
}

/** What is there is somebody's work: nothing in it is touched. */
async function adopt({ git, task, whenThere }: Work): Promise<MadeWorktree> {
  const { workingPath, order } = task;
  const branch = await lookUp(git, ['symbolic-ref', '--quiet', '--short', 'HEAD'], workingPath);
  const elsewhere =
    branch === order.branch
      ? []
      : [`${workingPath} is on ${branch ?? 'no branch'}, not on ${order.branch}; it is used as it is`];
  const from =
    order.from === null ? [] : [`${workingPath} is there already, so --from ${order.from} changes nothing`];
  await whenThere(branch);
  return { isAdopted: true, branch, warnings: [...elsewhere, ...from] };
}

async function add(work: Work, standing: Standing, askedAt: number): Promise<void> {
  const { git, task, commonDirectory, register } = work;
  const { workingPath, order, baseBranch } = task;
  if (standing.kind === 'broken') await clear(workingPath);
  const locked = await forget(workingPath, commonDirectory);
  if (locked !== null) throw occupied(task, `belongs to a worktree that somebody locked (${locked})`);
  const start = await findStartPoint({ git, order, baseBranch, commonDirectory, askedAt });
  const commit = await lookUp(git, refQuery(order.branch), order.repository);
  const before = await register.find(workingPath);
  const isNew = commit === null || (before?.branch === order.branch && before.madeAt === commit);
  await register.note({ workingPath, branch: order.branch, madeAt: isNew ? start.commit : null });
  await placeBranch(work, start, isNew ? null : commit);
  const words = ['worktree', 'add', '--quiet', '--no-checkout', '--', workingPath, order.branch];
  const advice = 'See the worktrees with git worktree list, or choose another name with --branch';
  await mustSucceed(git, words, { directory: order.repository, advice });
}

const refQuery = (branch: string): readonly string[] => [
  ...['rev-parse', '--verify', '--quiet', '--end-of-options', `refs/heads/${branch}`],
];

/** @param commit what the branch was at before; null: it is new */
async function placeBranch(
  { git, task: { order }, warnings }: Work,
  start: StartPoint,
  commit: string | null,
): Promise<void> {
  const { branch, repository, from } = order;
  if (commit !== null && from !== null) {
    throw worktreeFailed(
      `branch ${branch} exists already, so --from ${from} cannot say where it begins`,
      'Leave --from out to go on with it, or choose another name with --branch',
    );
  }
  if (commit !== null && !(await isContained({ git, repository, commit, start }))) {
    warnings.push(
      `branch ${branch} has commits of its own, so work goes on from there, not from ${start.name}`,
    );
    return;
  }
  await mustSucceed(git, ['branch', '--force', '--no-track', '--', branch, start.commit], {
    directory: repository,
    advice: 'See the branches with git branch --all, or choose another name with --branch',
  });
}

/** Whether moving a branch from a commit to the start loses none of its commits. */
async function isContained(question: {
  readonly git: Git;
  readonly repository: string;
  readonly commit: string;
  readonly start: StartPoint;
}): Promise<boolean> {
  const { git, repository, commit, start } = question;
  return (await git(['merge-base', '--is-ancestor', commit, start.commit], repository)).status === 0;
}

/** What `git worktree add` does when it has added one, its hook included; then what the config asks for. */
async function fill(work: Work): Promise<void> {
  const { git, task, commonDirectory, signal } = work;
  const { workingPath, order } = task;
  const standing = await standingOf(workingPath, commonDirectory);
  if (standing.kind !== 'whole') throw occupied(task, 'has been changed while it was made');
  const { gitDirectory } = standing;
  await rm(join(gitDirectory, 'index.lock'), { force: true });
  const advice = 'Mend what git complains of, then start the run again';
  const here = { directory: workingPath, advice };
  // Once they are there, somebody may have changed them since an attempt failed.
  if (!(await isCheckedOut(gitDirectory))) {
    await mustSucceed(git, ['reset', '--quiet', '--hard', '--no-recurse-submodules'], here);
  }
  const head = await mustSucceed(git, ['rev-parse', 'HEAD'], here);
  const hook = ['hook', 'run', '--ignore-missing', 'post-checkout', '--', '0'.repeat(head.length), head, '1'];
  await mustSucceed(git, hook, here);
  signal.throwIfAborted();
  if (order.initSubmodules) await fillSubmodules(work);
  const missing = await copyFiles({ from: order.repository, to: workingPath, paths: order.copyFiles });
  const patterns = missing.filter((path) => /[*?[]/.test(path));
  if (patterns.length > 0) {
    const named = patterns.map((path) => `'${path}'`).join(' and ');
    work.warnings.push(
      `worktree.copyFiles takes names as they are, so ${named} copies nothing; name files or folders`,
    );
  }
}

/** Their URLs are written to the config that all worktrees share; the rest is the worktree's own. */
async function fillSubmodules(work: Work): Promise<void> {
  const { git, task } = work;
  const { workingPath } = task;
  const hasSubmodules = await exists(join(workingPath, '.gitmodules'));
  if (!hasSubmodules) return;
  const advice =
    'See that they can be cloned without a password being asked for, or set worktree.initSubmodules: false';
  const here = { directory: workingPath, advice };
  await withLock(work, async () => {
    await mustSucceed(git, ['submodule', '--quiet', 'init'], here);
  });
  await mustSucceed(git, ['submodule', '--quiet', 'update', '--init', '--recursive'], here);
}
