import { realpath } from 'node:fs/promises';
import type { WorktreeCare, WorktreeName } from '../../ports/worktree-care.js';
import type { GitPrograms } from './git-programs.js';
import { lookUp, type Git } from './git.js';
import { openMakingRegister } from './making-register.js';
import { makePlainGit } from './plain-git.js';
import { removeBranch, removeWorktree } from './remove-worktree.js';
import { sharedDirectoryOf } from './start-point.js';
import { isCheckedOut, isThere, standingOf } from './worktree-standing.js';

/** @param environment of whoever asks */
export function makeWorktreeCare(
  programs: GitPrograms,
  environment: Readonly<Record<string, string>>,
): WorktreeCare {
  const git = makePlainGit(programs.git, environment);
  return {
    look: async (worktree, baseBranch) => ({
      isThere: await isThere(worktree.workingPath),
      isDirty: await isDirty(git, worktree),
      isLocked: await isLocked(git, worktree),
      isMerged: baseBranch !== '' && (await isMerged(git, worktree, baseBranch)),
      hasLooseCommits: await hasLooseCommits(git, worktree),
    }),
    tell: async (worktree, baseBranch) => {
      const { workingPath } = worktree;
      const [base] = await basesOf(git, worktree, baseBranch);
      return {
        commits: await textOf(git, ['log', '--oneline', '--no-decorate', '-15'], workingPath),
        changes:
          base === undefined ? '' : await textOf(git, ['diff', '--stat=100', `${base}...HEAD`], workingPath),
      };
    },
    isIn: async ({ repository, branch }, commit) => {
      if (!/^[0-9a-f]{40,64}$/.test(commit)) return false;
      const words = ['merge-base', '--is-ancestor', `refs/heads/${branch}`, commit];
      return (await git(words, repository)).status === 0;
    },
    remove: (worktree, mayGo) => removeWorktree({ git, flock: programs.flock }, worktree, mayGo),
    removeBranch: (worktree, where) => removeBranch(git, worktree, where),
  };
}

/** What git cannot tell counts as changed. */
async function isDirty(git: Git, worktree: WorktreeName): Promise<boolean> {
  if (!(await isThere(worktree.workingPath)) || (await isUnfilled(git, worktree))) return false;
  const words = ['status', '--porcelain', '--untracked-files=normal', '--ignore-submodules=none'];
  const answer = await git(words, worktree.workingPath);
  return answer.status !== 0 || answer.stdout !== '';
}

/** Nobody has worked in one that could not even be filled. */
async function isUnfilled(git: Git, { repository, workingPath }: WorktreeName): Promise<boolean> {
  try {
    const common = await realpath(await sharedDirectoryOf(git, repository));
    const standing = await standingOf(workingPath, common);
    if (standing.kind !== 'whole' || (await isCheckedOut(standing.gitDirectory))) return false;
    return (await (await openMakingRegister(common)).find(workingPath)) !== null;
  } catch {
    return false;
  }
}

/** What git cannot tell counts as such. */
async function hasLooseCommits(git: Git, worktree: WorktreeName): Promise<boolean> {
  if (!(await isThere(worktree.workingPath))) return false;
  const words = ['rev-list', '--max-count=1', 'HEAD', '--not', '--branches', '--remotes', '--tags', '--'];
  const answer = await git(words, worktree.workingPath);
  return answer.status !== 0 || answer.stdout !== '';
}

async function isLocked(git: Git, { repository, workingPath }: WorktreeName): Promise<boolean> {
  const { stdout } = await git(['worktree', 'list', '--porcelain'], repository);
  const block = stdout.split('\n\n').find((text) => text.startsWith(`worktree ${workingPath}\n`));
  return /^locked\b/m.test(block ?? '');
}

/** Merged, rebased or squashed: merging it would change nothing, here or at the remote. */
async function isMerged(
  git: Git,
  { repository, branch }: WorktreeName,
  baseBranch: string,
): Promise<boolean> {
  const own = `refs/heads/${branch}`;
  if ((await lookUp(git, ['rev-parse', '--verify', '--quiet', own], repository)) === null) return true;
  for (const base of await basesOf(git, { repository }, baseBranch)) {
    if ((await git(['merge-base', '--is-ancestor', own, base], repository)).status === 0) return true;
    const merged = await lookUp(git, ['merge-tree', '--write-tree', base, own], repository);
    const tree = await lookUp(git, ['rev-parse', `${base}^{tree}`], repository);
    if (merged !== null && merged === tree) return true;
  }
  return false;
}

/** The refs that a base branch has, those of remotes first. */
async function basesOf(
  git: Git,
  { repository }: Pick<WorktreeName, 'repository'>,
  baseBranch: string,
): Promise<readonly string[]> {
  if (baseBranch === '') return [];
  const places = [`refs/remotes/*/${baseBranch}`, `refs/heads/${baseBranch}`];
  const { stdout } = await git(['for-each-ref', '--format=%(refname)', ...places], repository);
  const names = stdout.split('\n').filter((name) => name !== '');
  return names.toSorted((a, b) => Number(a.startsWith('refs/heads/')) - Number(b.startsWith('refs/heads/')));
}

/** What git prints; empty where it cannot tell. */
async function textOf(git: Git, words: readonly string[], directory: string): Promise<string> {
  const { status, stdout } = await git(words, directory);
  return status === 0 ? stdout.trimEnd() : '';
}
