import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { detectBaseBranch } from '../../../src/adapters/files/base-branch.js';
import { git } from '../../support/git.js';
import { tempDirectory } from '../../support/temp-directory.js';

describe('the base branch', () => {
  let place: string;
  beforeEach(() => {
    place = tempDirectory();
  });

  /** A repository with one commit, on this branch. */
  function aRepository(name: string, branch: string): string {
    const path = join(place, name);
    mkdirSync(path);
    git(path, 'init', '--quiet', `--initial-branch=${branch}`);
    git(path, 'commit', '--quiet', '--allow-empty', '-m', 'first');
    return path;
  }

  function aClone(of: string, name = 'clone'): string {
    git(place, 'clone', '--quiet', of, name);
    return join(place, name);
  }

  it('is the default branch of the remote, whatever is checked out', async () => {
    const clone = aClone(aRepository('upstream', 'trunk/stable'));
    git(clone, 'checkout', '--quiet', '-b', 'main');
    expect(await detectBaseBranch(clone)).toBe('trunk/stable');
  });

  it('is found from a sub-directory, a worktree and a submodule', async () => {
    const upstream = aRepository('upstream', 'trunk');
    const clone = aClone(upstream);
    mkdirSync(join(clone, 'src'));
    git(clone, 'worktree', 'add', '--quiet', '-b', 'feature', join(place, 'worktree'));
    const holder = aRepository('holder', 'release');
    git(holder, 'submodule', '--quiet', 'add', upstream, 'inner');
    expect(await detectBaseBranch(join(clone, 'src'))).toBe('trunk');
    expect(await detectBaseBranch(join(place, 'worktree'))).toBe('trunk');
    expect(await detectBaseBranch(join(holder, 'inner'))).toBe('trunk');
  });

  it('is that of the only remote where none is called origin', async () => {
    const clone = aClone(aRepository('upstream', 'trunk'));
    git(clone, 'remote', 'rename', 'origin', 'company');
    expect(await detectBaseBranch(clone)).toBe('trunk');
  });

  it.each(['main', 'master'])('is %s where the remote does not say', async (branch) => {
    const clone = aClone(aRepository('upstream', branch));
    git(clone, 'checkout', '--quiet', '-b', 'feature');
    git(clone, 'branch', '--quiet', '-D', branch);
    git(clone, 'remote', 'set-head', 'origin', '--delete');
    expect(await detectBaseBranch(clone)).toBe(branch);
  });

  it('is main rather than master in a repository without remote', async () => {
    const repository = aRepository('repository', 'master');
    git(repository, 'branch', 'main');
    git(repository, 'checkout', '--quiet', '-b', 'feature');
    expect(await detectBaseBranch(repository)).toBe('main');
  });

  it('is found among packed refs', async () => {
    const clone = aClone(aRepository('upstream', 'main'));
    git(clone, 'checkout', '--quiet', '-b', 'feature');
    git(clone, 'remote', 'set-head', 'origin', '--delete');
    git(clone, 'pack-refs', '--all');
    expect(await detectBaseBranch(clone)).toBe('main');
  });

  it('is the only branch there is', async () => {
    expect(await detectBaseBranch(aRepository('repository', 'trunk'))).toBe('trunk');
  });

  it('is empty where several could be meant', async () => {
    const repository = aRepository('repository', 'trunk');
    git(repository, 'branch', 'feature');
    expect(await detectBaseBranch(repository)).toBe('');
  });

  it('is empty in a repository without commits, and outside of any', async () => {
    const repository = join(place, 'repository');
    mkdirSync(repository);
    expect(await detectBaseBranch(repository)).toBe('');
    git(repository, 'init', '--quiet', '--initial-branch=main');
    expect(await detectBaseBranch(repository)).toBe('');
  });
});
