import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findGitPrograms } from '../../../src/adapters/git/git-programs.js';
import { gitEnvironment, type Git } from '../../../src/adapters/git/git.js';
import { makeWorktree } from '../../../src/adapters/git/make-worktree.js';
import { makePlainGit } from '../../../src/adapters/git/plain-git.js';
import type { RunId } from '../../../src/core/ids.js';
import type { MadeWorktree, WorktreeOrder } from '../../../src/core/isolation/worktree-order.js';
import { git } from '../../support/git.js';
import { tempDirectory } from '../../support/temp-directory.js';

const programs = findGitPrograms();
let place: string;
let repository: string;
let worktree: string;
let environment: Record<string, string>;
/** On which branches worktrees were told to be there. */
let told: (string | null)[];
beforeEach(() => {
  told = [];
  place = realpathSync(tempDirectory());
  repository = join(place, 'repo');
  worktree = join(place, 'trees', 'archon', 'task-x');
  mkdirSync(repository);
  git(repository, 'init', '--quiet', '--initial-branch=main');
  commit(repository, 'a', 'one');
  writeFileSync(join(place, '.gitconfig'), '[protocol "file"]\nallow = always\n');
  environment = gitEnvironment({ PATH: process.env['PATH'] ?? '', HOME: place, GIT_DIR: '/nowhere' });
});

function commit(directory: string, file: string, text: string): string {
  writeFileSync(join(directory, file), text);
  git(directory, 'add', '--', file);
  git(directory, 'commit', '--quiet', '-m', `${file}: ${text}`);
  return git(directory, 'rev-parse', 'HEAD').trim();
}

interface Wish extends Partial<WorktreeOrder> {
  readonly workingPath?: string;
  readonly base?: string;
  readonly holdsWork?: boolean;
  /** What stands in for git. */
  readonly git?: Git;
}

const plainGit = (): Git => makePlainGit(programs.git, environment);

function make({
  workingPath = worktree,
  base = 'main',
  holdsWork = false,
  git: program,
  ...order
}: Wish = {}): Promise<MadeWorktree> {
  return makeWorktree(
    { git: program ?? plainGit(), flock: programs.flock, now: Date.now },
    {
      runId: randomUUID() as RunId,
      workingPath,
      holdsWork,
      baseBranch: base,
      artifactsDir: join(place, 'artifacts'),
      hasClientEnvironment: false,
      graceMs: 0,
      order: {
        ...{
          repository,
          identifier: 'x',
          branch: 'archon/task-x',
          from: null,
          baseBranch: null,
          remote: null,
        },
        ...{ copyFiles: [], initSubmodules: true },
        ...order,
      },
    },
    {
      signal: new AbortController().signal,
      whenThere: (on) => Promise.resolve(void told.push(on)),
    },
  );
}

const read = (...path: string[]): string => readFileSync(join(worktree, ...path), 'utf8');
const branchOf = (directory: string): string => git(directory, 'symbolic-ref', '--short', 'HEAD').trim();
const headOf = (directory: string): string => git(directory, 'rev-parse', 'HEAD').trim();
const failure = (sentence: string): unknown =>
  expect.objectContaining({ code: 'WORKTREE_FAILED', message: expect.stringContaining(sentence) });

/** Git that is killed by its own power cut: the first call whose words begin so never ends well. */
function cutOff(...words: readonly string[]): Git {
  const real = plainGit();
  return (given, directory) => {
    if (words.every((word, index) => given[index] === word)) throw new Error('the power is gone');
    return real(given, directory);
  };
}

/** A bare repository that the one of the test calls `origin`, and a clone in which others work. */
function addRemote(): { readonly bare: string; readonly clone: string } {
  const bare = join(place, 'bare.git');
  const clone = join(place, 'clone');
  git(place, 'clone', '--quiet', '--bare', repository, bare);
  git(place, 'clone', '--quiet', bare, clone);
  git(repository, 'remote', 'add', 'origin', bare);
  return { bare, clone };
}

describe('a worktree that is not there', () => {
  it('is made on a branch of its own at the local base, without any remote', async () => {
    writeFileSync(join(repository, 'a'), 'not committed');
    expect(await make()).toEqual({ isAdopted: false, branch: 'archon/task-x', warnings: [] });
    expect(branchOf(worktree)).toBe('archon/task-x');
    expect(headOf(worktree)).toBe(headOf(repository));
    expect(read('a')).toBe('one');
    expect(git(worktree, 'status', '--porcelain')).toBe('');
    expect(git(repository, 'config', '--list')).not.toContain('branch.');
  });

  it('begins at what the remote has now, and the local base stays where it is', async () => {
    const { clone } = addRemote();
    const local = headOf(repository);
    const pushed = commit(clone, 'b', 'two');
    git(clone, 'push', '--quiet', 'origin', 'main');
    await make();
    expect(headOf(worktree)).toBe(pushed);
    expect(git(repository, 'rev-parse', 'main').trim()).toBe(local);
  });

  it('begins at the local base where the remote has no such branch', async () => {
    addRemote();
    git(repository, 'branch', 'mine');
    await make({ base: 'mine' });
    expect(headOf(worktree)).toBe(headOf(repository));
  });

  it('begins where --from says: at a commit, or at a branch of the remote', async () => {
    const first = headOf(repository);
    commit(repository, 'a', 'two');
    await make({ from: 'HEAD~1' });
    expect(headOf(worktree)).toBe(first);
    const { clone } = addRemote();
    git(clone, 'switch', '--quiet', '-c', 'theirs');
    const pushed = commit(clone, 'c', 'theirs');
    git(clone, 'push', '--quiet', 'origin', 'theirs');
    const other = join(place, 'trees', 'archon', 'task-y');
    await make({ from: 'theirs', branch: 'archon/task-y', workingPath: other });
    expect(headOf(other)).toBe(pushed);
  });

  it('is made by the remote that is asked for', async () => {
    addRemote();
    git(repository, 'remote', 'rename', 'origin', 'upstream');
    git(repository, 'remote', 'add', 'origin', join(place, 'nothing'));
    await make({ remote: 'upstream' });
    expect(headOf(worktree)).toBe(headOf(repository));
  });

  it('has its submodules, and none where they are not wanted', async () => {
    const library = join(place, 'library');
    mkdirSync(library);
    git(library, 'init', '--quiet');
    commit(library, 'code', 'of the library');
    git(repository, 'submodule', '--quiet', 'add', library, 'library');
    git(repository, 'commit', '--quiet', '-m', 'with a library');
    await make();
    expect(read('library', 'code')).toBe('of the library');
    const other = join(place, 'trees', 'archon', 'task-y');
    await make({ initSubmodules: false, branch: 'archon/task-y', workingPath: other });
    expect(existsSync(join(other, 'library', 'code'))).toBe(false);
  });

  it('may belong to a repository whose path has quotes and a line break', async () => {
    const odd = join(place, `it's "a\nb`);
    git(place, 'clone', '--quiet', repository, odd);
    expect(await make({ repository: odd, remote: null })).toMatchObject({ isAdopted: false });
    expect(read('a')).toBe('one');
    expect(await make({ repository: odd })).toMatchObject({ isAdopted: true });
  });

  it('has the files that git ignores and the config names; others, and what is missing, are left out', async () => {
    commit(repository, '.gitignore', '.env\nlocal/\nother\n');
    writeFileSync(join(repository, '.env'), 'SECRET=1');
    chmodSync(join(repository, '.env'), 0o600);
    writeFileSync(join(repository, 'other'), '');
    mkdirSync(join(repository, 'local', 'deep'), { recursive: true });
    writeFileSync(join(repository, 'local', 'deep', 'file'), 'deep');
    symlinkSync('file', join(repository, 'local', 'deep', 'link'));
    writeFileSync(join(repository, 'a'), 'not committed');
    expect(await make({ copyFiles: ['.env', 'local', 'missing', 'a'] })).toMatchObject({ warnings: [] });
    expect(read('.env')).toBe('SECRET=1');
    expect(statSync(join(worktree, '.env')).mode & 0o777).toBe(0o600);
    expect(read('local', 'deep', 'link')).toBe('deep');
    expect(existsSync(join(worktree, 'other'))).toBe(false);
    expect(read('a')).toBe('one');
  });

  it('tells that a pattern copies nothing', async () => {
    writeFileSync(join(repository, '.env'), '');
    const { warnings } = await make({ copyFiles: ['.env*', '.env'] });
    expect(warnings).toEqual([expect.stringContaining("'.env*' copies nothing")]);
    expect(read('.env')).toBe('');
  });

  it('lets no link of the branch lead a copied file out of it', async () => {
    mkdirSync(join(place, 'outside'));
    symlinkSync(join(place, 'outside'), join(repository, 'config'));
    git(repository, 'add', 'config');
    git(repository, 'commit', '--quiet', '-m', 'a link');
    rmSync(join(repository, 'config'));
    mkdirSync(join(repository, 'config'));
    writeFileSync(join(repository, 'config', 'secret'), '');
    await expect(make({ copyFiles: ['config/secret'] })).rejects.toThrow(
      failure('leads out of the worktree'),
    );
    expect(existsSync(join(place, 'outside', 'secret'))).toBe(false);
  });

  it('runs the hook that git runs for a new worktree, and fails with its words', async () => {
    const hook = join(repository, '.git', 'hooks', 'post-checkout');
    writeFileSync(hook, '#!/bin/sh\necho "$@" > hooked; echo "no license" >&2; test -e ../../licensed\n', {
      mode: 0o755,
    });
    await expect(make()).rejects.toThrow(failure('no license'));
    expect(told).toEqual(['archon/task-x']);
    expect(read('hooked')).toBe(`${'0'.repeat(40)} ${headOf(repository)} 1\n`);
    mkdirSync(join(place, 'trees', 'licensed'));
    expect(await make()).toMatchObject({ isAdopted: false });
  });

  it('keeps what a person has changed in it since it failed', async () => {
    const hook = join(repository, '.git', 'hooks', 'post-checkout');
    writeFileSync(hook, '#!/bin/sh\ntest -e ../../licensed\n', { mode: 0o755 });
    await expect(make()).rejects.toThrow(failure('git hook'));
    writeFileSync(join(worktree, 'a'), 'mended');
    mkdirSync(join(place, 'trees', 'licensed'));
    await make();
    expect(read('a')).toBe('mended');
  });
});

describe('a branch that is there', () => {
  it('goes on from the base when it has no commits of its own', async () => {
    git(repository, 'branch', 'archon/task-x');
    const newer = commit(repository, 'a', 'two');
    expect(await make()).toMatchObject({ warnings: [] });
    expect(headOf(worktree)).toBe(newer);
  });

  it('keeps its commits when it has such, and says so', async () => {
    git(repository, 'switch', '--quiet', '-c', 'archon/task-x');
    const own = commit(repository, 'a', 'own');
    git(repository, 'switch', '--quiet', 'main');
    commit(repository, 'a', 'two');
    const { warnings } = await make();
    expect(headOf(worktree)).toBe(own);
    expect(warnings).toEqual([expect.stringContaining('has commits of its own')]);
  });

  it('is refused beside --from', async () => {
    git(repository, 'branch', 'archon/task-x');
    await expect(make({ from: 'main' })).rejects.toThrow(failure('exists already'));
  });

  it('is refused while it is checked out elsewhere', async () => {
    git(repository, 'switch', '--quiet', '-c', 'archon/task-x');
    await expect(make()).rejects.toThrow(failure('archon/task-x'));
    expect(existsSync(worktree)).toBe(false);
  });
});

describe('a worktree that is there', () => {
  it('is taken as it is, with all that lies in it', async () => {
    await make();
    commit(worktree, 'b', 'work');
    writeFileSync(join(worktree, 'a'), 'half done');
    writeFileSync(join(worktree, 'new'), 'new');
    const before = headOf(worktree);
    commit(repository, 'a', 'two');
    expect(await make()).toEqual({ isAdopted: true, branch: 'archon/task-x', warnings: [] });
    expect([headOf(worktree), read('a'), read('new')]).toEqual([before, 'half done', 'new']);
  });

  it('is taken when others made it', async () => {
    git(repository, 'worktree', 'add', '--quiet', '-b', 'archon/task-x', worktree);
    expect(await make()).toMatchObject({ isAdopted: true });
  });

  it('is taken on another branch, and with --from, with a warning each', async () => {
    await make();
    git(worktree, 'switch', '--quiet', '-c', 'other');
    const { branch, warnings } = await make({ from: 'main' });
    expect(branch).toBe('other');
    expect(warnings).toEqual([
      expect.stringContaining('is on other, not on archon/task-x'),
      expect.stringContaining('--from main changes nothing'),
    ]);
  });

  it('is made again after somebody has removed its directory', async () => {
    await make();
    const work = commit(worktree, 'b', 'work');
    rmSync(worktree, { recursive: true });
    const { warnings } = await make();
    expect(headOf(worktree)).toBe(work);
    expect(warnings).toEqual([expect.stringContaining('has commits of its own')]);
  });

  it('stays unmade where nodes of the run have completed in it, until somebody has put it back', async () => {
    await make();
    expect(await make({ holdsWork: true })).toMatchObject({ isAdopted: true });
    const work = commit(worktree, 'b', 'work');
    rmSync(worktree, { recursive: true });
    const refusal = /task-x, in which nodes of the run have completed, is gone.*: (git -C .*)$/;
    const refused = await make({ holdsWork: true }).catch((error: unknown) => (error as Error).message);
    expect(refused).toMatch(refusal);
    expect(existsSync(worktree)).toBe(false);
    execFileSync('bash', ['-c', refusal.exec(refused as string)![1]!]);
    expect(headOf(worktree)).toBe(work);
    expect(await make({ holdsWork: true })).toMatchObject({ isAdopted: true });
  });

  it('stays unmade where somebody has locked the missing one', async () => {
    await make();
    git(repository, 'worktree', 'lock', '--reason', 'on a stick', worktree);
    rmSync(worktree, { recursive: true });
    await expect(make()).rejects.toThrow(failure('on a stick'));
  });
});

describe('what lies in its place', () => {
  it.each<[what: string, lay: () => void, sentence: string]>([
    [
      'a file',
      () => {
        writeFileSync(worktree, '');
      },
      'is no directory',
    ],
    [
      'files',
      () => {
        mkdirSync(worktree);
        writeFileSync(join(worktree, 'notes'), '');
      },
      'holds files',
    ],
    ['a repository', () => (mkdirSync(worktree), git(worktree, 'init', '--quiet')), 'holds files'],
    [
      'a worktree of another repository',
      () => {
        const other = join(place, 'other');
        mkdirSync(other);
        git(other, 'init', '--quiet');
        commit(other, 'a', 'other');
        git(other, 'worktree', 'add', '--quiet', '-b', 'x', worktree);
      },
      'is a worktree of another repository',
    ],
  ])('is refused when it is %s', async (_what, lay, sentence) => {
    mkdirSync(join(place, 'trees', 'archon'), { recursive: true });
    lay();
    await expect(make()).rejects.toThrow(failure(sentence));
    expect(git(repository, 'branch', '--list', 'archon/*')).toBe('');
  });

  it('is used when it is an empty directory', async () => {
    mkdirSync(worktree, { recursive: true });
    await make();
    expect(read('a')).toBe('one');
  });
});

describe('an attempt that was cut off', () => {
  it.each<[when: string, words: readonly string[]]>([
    ['before the branch', ['branch']],
    ['before git adds', ['worktree', 'add']],
    ['before files are checked out', ['reset']],
    ['before the hook', ['hook']],
  ])('%s is finished by the next, wherever the base is by then', async (_when, words) => {
    const older = headOf(repository);
    await expect(make({ git: cutOff(...words) })).rejects.toThrow('the power is gone');
    const newer = commit(repository, 'a', 'two');
    expect(await make()).toMatchObject({ isAdopted: false, warnings: [] });
    expect([older, newer]).toContain(headOf(worktree));
    expect(git(worktree, 'status', '--porcelain')).toBe('');
    expect(await make()).toMatchObject({ isAdopted: true });
  });

  it('while git adds leaves what the next clears away', async () => {
    await expect(make({ git: cutOff('reset') })).rejects.toThrow('the power is gone');
    const admin = join(repository, '.git', 'worktrees', 'task-x');
    writeFileSync(join(admin, 'locked'), 'initializing');
    for (const file of ['HEAD', 'commondir']) rmSync(join(admin, file));
    await make();
    expect(read('a')).toBe('one');
    expect(git(repository, 'worktree', 'list', '--porcelain')).not.toContain('locked');
  });

  it('while files are checked out leaves a lock of git that the next removes', async () => {
    await expect(make({ git: cutOff('reset') })).rejects.toThrow('the power is gone');
    writeFileSync(join(repository, '.git', 'worktrees', 'task-x', 'index.lock'), '');
    writeFileSync(join(worktree, 'a'), 'on');
    await make();
    expect(read('a')).toBe('one');
  });

  it('beside --from is finished, though its branch is there by then', async () => {
    await expect(make({ from: 'main', git: cutOff('worktree', 'add') })).rejects.toThrow('the power is gone');
    await make({ from: 'main' });
    expect(branchOf(worktree)).toBe('archon/task-x');
  });

  it('loses no commit that somebody has put on its branch since', async () => {
    await expect(make({ git: cutOff('worktree', 'add') })).rejects.toThrow('the power is gone');
    git(repository, 'switch', '--quiet', 'archon/task-x');
    const own = commit(repository, 'a', 'own');
    git(repository, 'switch', '--quiet', 'main');
    await make();
    expect(headOf(worktree)).toBe(own);
  });
});

describe('what cannot be', () => {
  it.each<[what: string, wish: Wish, sentence: string]>([
    ['an unknown start', { from: 'nothing' }, 'there is nothing called nothing'],
    ['an unknown base', { base: 'nothing' }, 'there is no branch nothing'],
    ['no base at all', { base: '' }, 'Name it with --base'],
    ['an unknown remote', { remote: 'nothing' }, 'has no remote nothing'],
  ])('%s is refused, and leaves nothing', async (_what, wish, sentence) => {
    await expect(make(wish)).rejects.toThrow(failure(sentence));
    expect(git(repository, 'branch', '--list', 'archon/*')).toBe('');
    expect(existsSync(worktree)).toBe(false);
  });

  it('a remote that is away is told, with what can be done', async () => {
    git(repository, 'remote', 'add', 'origin', join(place, 'nothing'));
    await expect(make()).rejects.toThrow(failure('--from origin/main'));
  });

  it('an empty repository has nothing to begin with', async () => {
    const empty = join(place, 'empty');
    mkdirSync(empty);
    git(empty, 'init', '--quiet', '--initial-branch=main');
    await expect(make({ repository: empty })).rejects.toThrow(failure('has no commit yet'));
  });
});

describe('thirty worktrees of one repository at once', () => {
  it('are all made, and what the remote has is fetched once for those who wait together', async () => {
    addRemote();
    const real = plainGit();
    let fetches = 0;
    const counting: Git = (words, directory) => {
      if (words[0] === 'fetch') fetches += 1;
      return real(words, directory);
    };
    const paths = Array.from({ length: 30 }, (_, index) => join(place, 'trees', `task-${index}`));
    await Promise.all(
      paths.map((workingPath, index) => make({ workingPath, branch: `archon/task-${index}`, git: counting })),
    );
    expect(paths.map((path) => readFileSync(join(path, 'a'), 'utf8'))).toEqual(paths.map(() => 'one'));
    expect(git(repository, 'worktree', 'list').trim().split('\n')).toHaveLength(31);
    expect(fetches).toBeLessThan(10);
  }, 120_000);
});
