import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveWorkingPath } from '../../src/client/resolve-working-path.js';

let base: string;
beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'signalbox-paths-')));
  await mkdir(join(base, 'repo', '.git'), { recursive: true });
  await mkdir(join(base, 'repo', 'src', 'deep'), { recursive: true });
  await mkdir(join(base, 'worktree', 'lib'), { recursive: true });
  await writeFile(join(base, 'worktree', '.git'), 'gitdir: ../repo/.git/worktrees/worktree\n');
  await mkdir(join(base, 'plain', 'folder'), { recursive: true });
  await mkdir(join(base, 'ünï code 🚂'));
  await writeFile(join(base, 'file'), '');
  await symlink(join(base, 'repo'), join(base, 'link'));
  await symlink(join(base, 'circle'), join(base, 'circle'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

const resolve = (path: string, isFolder = false): Promise<string> =>
  resolveWorkingPath(join(base, path), { isFolder });

describe('the working path of a directory', () => {
  it.each([
    ['the top of a repository', 'repo', 'repo'],
    ['a directory inside it', 'repo/src/deep', 'repo'],
    ['a symlink to it', 'link', 'repo'],
    ['a path with dots', 'repo/src/../src/.', 'repo'],
    ['a linked worktree, whose .git is a file', 'worktree/lib', 'worktree'],
    ['a folder outside any repository', 'plain/folder', 'plain/folder'],
    ['a name in other scripts', 'ünï code 🚂', 'ünï code 🚂'],
  ])('%s', async (_what, path, expected) => {
    expect(await resolve(path)).toBe(join(base, expected));
  });

  it('is the directory itself when it is to be taken as a folder', async () => {
    expect(await resolve('link/src/deep', true)).toBe(join(base, 'repo/src/deep'));
  });

  it('has no trailing slash', async () => {
    expect(await resolveWorkingPath(`${base}/repo//`, { isFolder: false })).toBe(join(base, 'repo'));
  });

  it.each([
    ['what does not exist', 'nowhere', 'does not exist'],
    ['a file', 'file', 'is a file'],
    ['a directory below a file', 'file/below', 'is a file, or lies below one'],
    ['a circle of links', 'circle', 'circle of links'],
  ])('%s is refused', async (_what, path, sentence) => {
    await expect(resolve(path)).rejects.toMatchObject({
      code: 'WORKING_PATH_INVALID',
      message: expect.stringContaining(sentence) as string,
    });
  });

  it('a name that is no UTF-8 is refused', async () => {
    const name = Buffer.concat([Buffer.from(`${base}/bad-`), Buffer.from([0xff, 0xfe])]);
    await mkdir(name);
    await symlink(name, join(base, 'to-bad'));
    await expect(resolve('to-bad')).rejects.toMatchObject({
      code: 'WORKING_PATH_INVALID',
      message: expect.stringContaining('UTF-8') as string,
    });
  });
});
