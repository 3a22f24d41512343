import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeRunFiles } from '../../../src/adapters/files/run-files.js';
import { ownerAndName, toSegment } from '../../../src/core/isolation/project-name.js';
import { runFilesContract } from '../../ports/run-files.contract.js';
import { git } from '../../support/git.js';
import { tempDirectory } from '../../support/temp-directory.js';

runFilesContract('the directory of workspaces', () => {
  const place = tempDirectory();
  const workingPaths = [join(place, 'one'), join(place, 'other')] as const;
  for (const path of workingPaths) mkdirSync(path);
  return Promise.resolve({ files: makeRunFiles(join(place, 'home')), workingPaths });
});

describe('the directory of workspaces', () => {
  let place: string;
  let home: string;
  beforeEach(() => {
    place = tempDirectory();
    home = join(place, 'home');
    mkdirSync(join(place, 'repo', 'src'), { recursive: true });
  });
  const outputRoot = async (...path: string[]): Promise<string> =>
    (await makeRunFiles(home).prepare(join(place, ...path), randomUUID())).outputRoot;

  it('makes every directory, closed to others', async () => {
    const directories = await makeRunFiles(home).prepare(join(place, 'repo'), randomUUID());
    for (const directory of Object.values<string>({ ...directories })) {
      expect(statSync(directory).isDirectory()).toBe(true);
      expect(statSync(directory).mode & 0o777).toBe(0o700);
    }
    expect(statSync(join(home, 'workspaces')).mode & 0o777).toBe(0o700);
  });

  it('calls a project after its remote, from everywhere in it', async () => {
    const repo = join(place, 'repo');
    git(repo, 'init', '--quiet');
    git(repo, 'remote', 'add', 'origin', 'git@github.com:acme/widgets.git');
    git(repo, 'commit', '--quiet', '--allow-empty', '-m', 'first');
    git(repo, 'worktree', 'add', '--quiet', '-b', 'feature', join(place, 'worktree'));
    const expected = join(home, 'workspaces', 'acme', 'widgets');
    expect(await outputRoot('repo')).toBe(expected);
    expect(await outputRoot('repo', 'src')).toBe(expected);
    expect(await outputRoot('worktree')).toBe(expected);
  });

  it('calls a repository without remote after its main worktree', async () => {
    const repo = join(place, 'repo');
    git(repo, 'init', '--quiet');
    git(repo, 'commit', '--quiet', '--allow-empty', '-m', 'first');
    git(repo, 'worktree', 'add', '--quiet', '-b', 'feature', join(place, 'worktree'));
    const expected = join(home, 'workspaces', '_local', 'repo');
    expect(await outputRoot('repo')).toBe(expected);
    expect(await outputRoot('worktree')).toBe(expected);
  });

  it('calls a directory outside of any repository after itself', async () => {
    expect(await outputRoot('repo')).toBe(join(home, 'workspaces', '_cwd', 'repo'));
  });

  it('passes over a .git that leads nowhere', async () => {
    writeFileSync(join(place, 'repo', '.git'), 'gitdir: /nowhere\n');
    expect(await outputRoot('repo')).toBe(join(home, 'workspaces', '_cwd', 'repo'));
  });

  it('says what is wrong when it cannot be made', async () => {
    writeFileSync(home, 'in the way');
    await expect(outputRoot('repo')).rejects.toThrow(/ENOTDIR|EEXIST/);
  });
});

describe('owner and name', () => {
  it.each<[string, string | null]>([
    ['https://github.com/acme/widgets.git', 'acme/widgets'],
    ['https://user:secret@github.com/acme/widgets/', 'acme/widgets'],
    ['git@github.com:acme/widgets.git', 'acme/widgets'],
    ['ssh://git@host:2222/group/sub/widgets.git', 'sub/widgets'],
    ['/srv/git/widgets.git', 'git/widgets'],
    ['../widgets.git', null],
    ['https://host/only', null],
    ['https://host/a/..', null],
    ['', null],
    ['git@host:~me/../../../etc/cron.d', 'etc/cron.d'],
    ['https://host/acme/wid gets?x=/../../y', 'acme/wid-gets'],
    ['https://host/_local/..git', '-local/-'],
  ])('of %j are %j', (url, expected) => {
    expect(ownerAndName(url)?.join('/') ?? null).toBe(expected);
  });
});

describe('a segment', () => {
  it.each([
    ['plain-Name_1.2', 'plain-Name_1.2'],
    ['a/b\\c\0d', 'a-b-c-d'],
    ['.', '-'],
    ['..', '-.'],
    ['', '-'],
    ['.github', '.github'],
    ['_cwd', '-cwd'],
    ['Größe', 'Größe'],
    ['x'.repeat(300), 'x'.repeat(80)],
  ])('made of %j is %j', (text, segment) => {
    expect(toSegment(text)).toBe(segment);
  });
});
