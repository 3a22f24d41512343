import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { gitEnvironment } from '../../../src/adapters/git/git.js';
import { findGitPrograms } from '../../../src/adapters/git/git-programs.js';
import { openMakingRegister } from '../../../src/adapters/git/making-register.js';
import { makeWorktreeCare } from '../../../src/adapters/git/worktree-care.js';
import type { WorktreeCare, WorktreeName } from '../../../src/ports/worktree-care.js';
import { git } from '../../support/git.js';
import { tempDirectory } from '../../support/temp-directory.js';

const programs = findGitPrograms();
const BRANCH = 'archon/task-x';
let place: string;
let repository: string;
let worktree: WorktreeName;
let care: WorktreeCare;
beforeEach(() => {
  place = realpathSync(tempDirectory());
  repository = join(place, 'repo');
  mkdirSync(repository);
  git(repository, 'init', '--quiet', '--initial-branch=main');
  commit(repository, 'a', 'one');
  worktree = { repository, workingPath: join(place, 'trees', 'x'), branch: BRANCH };
  git(repository, 'worktree', 'add', '--quiet', '-b', BRANCH, worktree.workingPath);
  care = makeWorktreeCare(programs, gitEnvironment({ PATH: process.env['PATH'] ?? '', HOME: place }));
});

function commit(directory: string, file: string, text: string): void {
  writeFileSync(join(directory, file), text);
  git(directory, 'add', '--', file);
  git(directory, 'commit', '--quiet', '-m', `${file}: ${text}`);
}

const mayGo = (): Promise<boolean> => Promise.resolve(true);
const branches = (): string => git(repository, 'branch', '--list', 'archon/*');

describe('a worktree', () => {
  it('is merged and clean while nothing was done in it', async () => {
    const sight = { isThere: true, isDirty: false, isLocked: false, isMerged: true };
    expect(await care.look(worktree, 'main')).toEqual({ ...sight, hasLooseCommits: false });
  });

  it.each<[what: string, change: () => void]>([
    ['a changed file', () => writeFileSync(join(worktree.workingPath, 'a'), 'two')],
    ['a new file', () => writeFileSync(join(worktree.workingPath, 'new'), '')],
    ['nothing that git could tell', () => rmSync(join(repository, '.git', 'worktrees'), { recursive: true })],
  ])('is dirty with %s', async (_what, change) => {
    change();
    expect(await care.look(worktree, 'main')).toMatchObject({ isDirty: true });
  });

  it('is clean as long as its files have never been checked out', async () => {
    const register = await openMakingRegister(join(repository, '.git'));
    const unfilled = { ...worktree, workingPath: join(place, 'trees', 'y') };
    git(repository, 'worktree', 'add', '--quiet', '--no-checkout', '-b', 'y', unfilled.workingPath);
    expect(await care.look(unfilled, 'main')).toMatchObject({ isDirty: true });
    await register.note({ workingPath: unfilled.workingPath, branch: 'y', madeAt: null });
    expect(await care.look(unfilled, 'main')).toMatchObject({ isThere: true, isDirty: false });
    git(unfilled.workingPath, 'reset', '--quiet', '--hard');
    writeFileSync(join(unfilled.workingPath, 'a'), 'two');
    expect(await care.look(unfilled, 'main')).toMatchObject({ isDirty: true });
  });

  it('is clean with files that git ignores', async () => {
    writeFileSync(join(repository, '.git', 'info', 'exclude'), 'node_modules\n');
    mkdirSync(join(worktree.workingPath, 'node_modules'));
    writeFileSync(join(worktree.workingPath, 'node_modules', 'x'), '');
    expect(await care.look(worktree, 'main')).toMatchObject({ isDirty: false });
  });

  it('has loose commits while its HEAD has some that are on no branch', async () => {
    git(worktree.workingPath, 'switch', '--quiet', '--detach');
    expect(await care.look(worktree, 'main')).toMatchObject({ hasLooseCommits: false });
    commit(worktree.workingPath, 'b', 'one');
    expect(await care.look(worktree, 'main')).toMatchObject({ hasLooseCommits: true, isMerged: true });
    git(worktree.workingPath, 'branch', 'kept');
    expect(await care.look(worktree, 'main')).toMatchObject({ hasLooseCommits: false });
  });

  it('has a story: its commits, and what its base lacks', async () => {
    commit(worktree.workingPath, 'b', 'one');
    const { commits, changes } = await care.tell(worktree, 'main');
    expect(commits.split('\n').map((line) => line.replace(/^\S+ /, ''))).toEqual(['b: one', 'a: one']);
    expect(changes).toMatch(/^ b \| 1 \+\n 1 file changed/);
    expect(await care.tell(worktree, '')).toEqual({ commits, changes: '' });
  });

  it('is in a commit that has all of its branch, if git knows that commit', async () => {
    commit(worktree.workingPath, 'b', 'one');
    const head = git(worktree.workingPath, 'rev-parse', 'HEAD').trim();
    expect(await care.isIn(worktree, head)).toBe(true);
    commit(worktree.workingPath, 'b', 'two');
    expect(await care.isIn(worktree, head)).toBe(false);
    expect(await care.isIn(worktree, 'f'.repeat(40))).toBe(false);
    expect(await care.isIn(worktree, '--all')).toBe(false);
  });

  it('is merged when its commits have arrived: as they are, or squashed into one', async () => {
    commit(worktree.workingPath, 'b', 'one');
    commit(worktree.workingPath, 'b', 'two');
    expect(await care.look(worktree, 'main')).toMatchObject({ isMerged: false });
    git(repository, 'merge', '--quiet', '--squash', BRANCH);
    git(repository, 'commit', '--quiet', '-m', 'squashed');
    commit(repository, 'a', 'later');
    expect(await care.look(worktree, 'main')).toMatchObject({ isMerged: true });
    commit(worktree.workingPath, 'c', 'more');
    expect(await care.look(worktree, 'main')).toMatchObject({ isMerged: false });
    git(repository, 'merge', '--quiet', BRANCH);
    expect(await care.look(worktree, 'main')).toMatchObject({ isMerged: true });
  });

  it('is locked when somebody said so, and gone when its directory is', async () => {
    git(repository, 'worktree', 'lock', worktree.workingPath);
    expect(await care.look(worktree, 'main')).toMatchObject({ isLocked: true });
    rmSync(worktree.workingPath, { recursive: true });
    expect(await care.look(worktree, 'main')).toMatchObject({ isThere: false, isDirty: false });
  });
});

describe('removing a worktree', () => {
  it('leaves its branch, until that is removed, too: here and at the remote', async () => {
    const bare = join(place, 'bare.git');
    git(place, 'clone', '--quiet', '--bare', repository, bare);
    git(repository, 'remote', 'add', 'origin', bare);
    git(repository, 'push', '--quiet', 'origin', BRANCH);
    expect(await care.remove(worktree, mayGo)).toBe(true);
    expect(existsSync(worktree.workingPath)).toBe(false);
    expect(git(repository, 'worktree', 'list').trim().split('\n')).toHaveLength(1);
    expect(branches()).not.toBe('');
    await care.removeBranch(worktree, { isRemoteToo: true });
    expect(branches()).toBe('');
    expect(git(bare, 'branch', '--list', 'archon/*')).toBe('');
  });

  it('leaves its branch here as long as it cannot be removed at the remote', async () => {
    git(repository, 'remote', 'add', 'origin', join(place, 'nothing.git'));
    git(repository, 'update-ref', `refs/remotes/origin/${BRANCH}`, 'HEAD');
    await care.remove(worktree, mayGo);
    await expect(care.removeBranch(worktree, { isRemoteToo: true })).rejects.toThrow(
      expect.objectContaining({
        code: 'WORKTREE_FAILED',
        message: expect.stringMatching(
          /^git push says: .*nothing\.git.*does not appear to be a git repository/,
        ),
      }) as Error,
    );
    expect(branches()).not.toBe('');
  });

  it('goes on where somebody has removed its branch at the remote', async () => {
    const bare = join(place, 'bare.git');
    git(place, 'clone', '--quiet', '--bare', repository, bare);
    git(repository, 'remote', 'add', 'origin', bare);
    git(repository, 'push', '--quiet', 'origin', BRANCH);
    git(bare, 'branch', '--delete', '--force', BRANCH);
    await care.remove(worktree, mayGo);
    await care.removeBranch(worktree, { isRemoteToo: true });
    expect(branches()).toBe('');
    expect(git(repository, 'for-each-ref', 'refs/remotes')).toBe('');
  });

  it('does not happen when it may not go after all', async () => {
    expect(await care.remove(worktree, () => Promise.resolve(false))).toBe(false);
    expect(existsSync(worktree.workingPath)).toBe(true);
  });

  it('does not happen while a box has locked it', async () => {
    const words = ['-x', worktree.workingPath, '/bin/sh', '-c', 'echo held; exec cat'];
    const box = spawn(programs.flock ?? '', words, { stdio: ['pipe', 'pipe', 'ignore'] });
    await once(box.stdout, 'data');
    expect(await care.remove(worktree, mayGo)).toBe(false);
    box.stdin.end();
    await once(box, 'close');
    expect(await care.remove(worktree, mayGo)).toBe(true);
  });

  it('leaves nothing in its place where somebody else removes it at the same moment', async () => {
    const flock = join(place, 'flock');
    const text = `#!/bin/sh\ntest "$2" != -n || rm -rf "${worktree.workingPath}"\nexec ${programs.flock ?? ''} "$@"\n`;
    writeFileSync(flock, text, { mode: 0o755 });
    const late = makeWorktreeCare(
      { ...programs, flock },
      gitEnvironment({ PATH: '/usr/bin:/bin', HOME: place }),
    );
    expect(await late.remove(worktree, mayGo)).toBe(true);
    expect(existsSync(worktree.workingPath)).toBe(false);
    expect(git(repository, 'worktree', 'list').trim().split('\n')).toHaveLength(1);
  });

  it('that is gone already has git forget it', async () => {
    rmSync(worktree.workingPath, { recursive: true });
    expect(await care.remove(worktree, mayGo)).toBe(true);
    await care.removeBranch(worktree, { isRemoteToo: false });
    expect(branches()).toBe('');
  });

  it('removes one with submodules', async () => {
    const library = join(place, 'library');
    mkdirSync(library);
    git(library, 'init', '--quiet');
    commit(library, 'code', 'of the library');
    git(worktree.workingPath, 'submodule', '--quiet', 'add', library, 'library');
    git(worktree.workingPath, 'commit', '--quiet', '-m', 'with a library');
    expect(await care.look(worktree, 'main')).toMatchObject({ isDirty: false });
    expect(await care.remove(worktree, mayGo)).toBe(true);
  });
});
