import { describe, expect, it } from 'vitest';
import {
  planChildWorktree,
  planWorktree,
  type WorktreeGround,
} from '../../../src/core/isolation/plan-worktree.js';
import { DEFAULT_WORKTREE_SETTINGS } from '../../../src/core/isolation/worktree-order.js';

const ground = (remoteUrl: string | null, path: string | null = null): WorktreeGround => ({
  repository: { directory: '/home/me/widgets', remoteUrl },
  settings: { ...DEFAULT_WORKTREE_SETTINGS, path },
  archonHome: '/home/me/.archon',
});
const task = { identifier: 'feat/foo', from: null, base: null };

describe('the place of a worktree', () => {
  it.each<[where: string, WorktreeGround]>([
    [
      '/home/me/.archon/workspaces/acme/widgets/worktrees/archon/task-feat-foo',
      ground('git@github.com:acme/widgets.git'),
    ],
    [
      '/home/me/.archon/workspaces/acme/widgets/worktrees/archon/task-feat-foo',
      ground('https://host:8443/deep/acme/widgets'),
    ],
    ['/home/me/.archon/workspaces/_local/widgets/worktrees/archon/task-feat-foo', ground(null)],
    ['/home/me/.archon/workspaces/-local/-/worktrees/archon/task-feat-foo', ground('https://host/_local/_')],
    ['/home/me/widgets/.worktrees/archon/task-feat-foo', ground(null, '.worktrees')],
    ['/home/me/widgets/a/b/archon/task-feat-foo', ground('git@host:acme/widgets', './a//b/')],
  ])('is %s', (where, given) => {
    expect(planWorktree(given, task).workingPath).toBe(where);
  });
});

describe('what is ordered', () => {
  it('is what was asked for, else what the config says', () => {
    const settings = {
      ...{
        baseBranch: 'develop',
        copyFiles: ['.env'],
        initSubmodules: false,
        path: null,
        remote: 'upstream',
      },
    };
    const given = { ...ground(null), settings };
    expect(planWorktree(given, task).order).toEqual({
      repository: '/home/me/widgets',
      identifier: 'feat/foo',
      branch: 'archon/task-feat-foo',
      from: null,
      baseBranch: 'develop',
      remote: 'upstream',
      copyFiles: ['.env'],
      initSubmodules: false,
    });
    const asked = planWorktree(given, { ...task, from: 'HEAD~3', base: 'main' }).order;
    expect(asked).toMatchObject({ from: 'HEAD~3', baseBranch: 'main' });
  });

  it.each(['', '-f', '--upload-pack=evil', 'two words', 'a\0b'])('is no commit called %j', (name) => {
    expect(() => planWorktree(ground(null), { ...task, from: name })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
    expect(() => planWorktree(ground(null), { ...task, base: name })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});

describe('the worktree of a sub-run', () => {
  it("is the same each time that its parent is resumed, and begins at its parent's base", () => {
    const child = {
      parentRunId: '7c1f2a9e-0000-4000-8000-000000000000',
      nodeId: 'build',
      index: 2,
      base: 'main',
    };
    const plan = planChildWorktree(ground(null), child);
    expect(plan.workingPath).toMatch(/\/archon\/task-7c1f2a9e-build-[0-9a-f]{8}-child-2$/);
    expect(plan.order).toMatchObject({ from: null, baseBranch: 'main' });
    expect(planChildWorktree(ground(null), child)).toEqual(plan);
  });
});
