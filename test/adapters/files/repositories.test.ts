import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeRepositories } from '../../../src/adapters/files/repositories.js';
import { git } from '../../support/git.js';
import { tempDirectory } from '../../support/temp-directory.js';

const repositories = makeRepositories();
let place: string;
let repository: string;
beforeEach(() => {
  place = realpathSync(tempDirectory());
  repository = join(place, 'repo');
  mkdirSync(join(repository, 'src'), { recursive: true });
  git(repository, 'init', '--quiet', '--initial-branch=main');
  git(repository, 'commit', '--quiet', '--allow-empty', '-m', 'first');
});

describe('a repository', () => {
  it('is found from everywhere in it: its main checkout, by its real name', async () => {
    symlinkSync(repository, join(place, 'link'));
    git(repository, 'worktree', 'add', '--quiet', '-b', 'x', join(place, 'x'));
    for (const directory of ['repo', 'repo/src', 'x', 'link']) {
      const found = await repositories.find(join(place, directory), null);
      expect(found).toMatchObject({ directory: repository, remoteUrl: null });
    }
    expect(await repositories.find(place, null)).toBeNull();
  });

  it('is found from a worktree whose path has a line break', async () => {
    const odd = join(place, 'a\nb');
    git(place, 'clone', '--quiet', repository, odd);
    git(odd, 'worktree', 'add', '--quiet', '-b', 'x', join(place, 'x'));
    expect(await repositories.find(join(place, 'x'), null)).toMatchObject({ directory: odd });
  });

  it.each<[what: string, lay: (dotGit: string) => void]>([
    ['a worktree whose main checkout has moved', (dotGit) => writeFileSync(dotGit, 'gitdir: /nonexistent')],
    ['an empty .git', (dotGit) => mkdirSync(dotGit)],
  ])('is broken, and no other above it counts, with %s', async (_what, lay) => {
    const inner = join(repository, 'inner');
    mkdirSync(inner);
    expect(await repositories.isBroken(inner)).toBe(false);
    lay(join(inner, '.git'));
    expect(await repositories.find(inner, null)).toBeNull();
    expect([await repositories.isBroken(inner), await repositories.isBroken(repository)]).toEqual([
      true,
      false,
    ]);
  });

  it('is called after the remote that is asked for, else origin', async () => {
    git(repository, 'remote', 'add', 'fork', 'git@host:me/widgets');
    git(repository, 'remote', 'add', 'origin', 'git@host:acme/widgets');
    const urlBy = async (remote: string | null): Promise<string | null | undefined> =>
      (await repositories.find(repository, remote))?.remoteUrl;
    expect(await urlBy(null)).toBe('git@host:acme/widgets');
    expect(await urlBy('fork')).toBe('git@host:me/widgets');
    expect(await urlBy('nothing')).toBeNull();
  });

  it('tells where a branch is checked out, apart from its main checkout, as long as that is there', async () => {
    git(repository, 'worktree', 'add', '--quiet', '-b', 'archon/task-x', join(place, 'x'));
    const found = await repositories.find(repository, null);
    expect(await found?.worktreeOf('archon/task-x')).toBe(join(place, 'x'));
    expect(await found?.worktreeOf('main')).toBeNull();
    rmSync(join(place, 'x'), { recursive: true });
    expect(await found?.worktreeOf('archon/task-x')).toBeNull();
  });
});

describe('the real path of what may not exist yet', () => {
  it('is that of the directory that does, and the rest', async () => {
    mkdirSync(join(place, 'real'));
    symlinkSync('real', join(place, 'link'));
    expect(await repositories.futurePath(join(place, 'link', 'a', 'b'))).toBe(join(place, 'real', 'a', 'b'));
    expect(await repositories.futurePath(join(place, 'link'))).toBe(join(place, 'real'));
  });

  it('is refused below a file', async () => {
    writeFileSync(join(place, 'file'), '');
    await expect(repositories.futurePath(join(place, 'file', 'x'))).rejects.toThrow(
      expect.objectContaining({ code: 'WORKING_PATH_INVALID' }),
    );
  });
});
