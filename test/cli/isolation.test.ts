import { describe, expect, it } from 'vitest';
import type { TidyResult, WorktreeTidy } from '../../src/client/isolation/tidy-worktrees.js';
import type { RemovalRule } from '../../src/core/isolation/judge-removal.js';
import { runFake, type FakeWorld } from './fake-cli.js';

const GONE: TidyResult = {
  ...{
    branch: 'archon/task-a',
    workingPath: '/trees/a',
    isRemoved: true,
    isBranchRemoved: true,
    reason: null,
    fault: null,
  },
};
const KEPT: TidyResult = {
  ...{ branch: 'archon/task-b', workingPath: '/trees/b', isRemoved: false, isBranchRemoved: false },
  reason: 'is locked (git worktree unlock)',
  fault: null,
};

/** Its remote is away. */
const HALF: TidyResult = { ...GONE, isBranchRemoved: false, fault: 'git push says: no' };

function worldOf(repository: string | null = '/repo', results: readonly TidyResult[] = [GONE, KEPT]) {
  const asked: (string | null | RemovalRule | readonly string[] | boolean)[] = [];
  const tidy: WorktreeTidy = {
    list: (of) => {
      asked.push(of);
      const record = {
        ...{ id: 'id', identifier: 'a', type: 'task', branch: 'archon/task-a', workingPath: '/trees/a' },
        ...{ repository: '/repo', platform: 'signalbox', hasOpenRow: false },
        lastUsedAt: '2026-11-22T00:00:00.000Z',
      };
      const facts = { isThere: true, isDirty: true, isLocked: false, hasOpenRun: true, isMerged: false };
      return Promise.resolve([{ record, facts: { ...facts, hasLooseCommits: true, idleMs: 65_000 } }]);
    },
    find: () => Promise.reject(new Error('nobody asks')),
    tell: () => Promise.reject(new Error('nobody asks')),
    cleanUp: (_repository, rule) => {
      asked.push(rule);
      return Promise.resolve(results);
    },
    complete: (_repository, names, isForced) => {
      asked.push(names, isForced);
      return Promise.resolve(results);
    },
  };
  const world: FakeWorld = {
    services: { worktrees: () => Promise.resolve(tidy), repository: () => Promise.resolve(repository) },
  };
  return { asked, world };
}

describe('signalbox isolation list', () => {
  it('tells the worktrees of this repository, and what keeps them', async () => {
    const { asked, world } = worldOf();
    const { stdout, exitCode } = await runFake(['isolation', 'list'], world);
    expect({ stdout, exitCode }).toEqual({
      stdout: 'archon/task-a  in use, changed, commits on no branch  1m05s ago  /trees/a\n',
      exitCode: 0,
    });
    await runFake(['isolation', 'list', '--all'], world);
    expect(asked).toEqual(['/repo', null]);
  });

  it('is one object with --json', async () => {
    const { stdout } = await runFake(['isolation', 'list', '--json'], worldOf().world);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      worktrees: [{ branch: 'archon/task-a', repository: '/repo', hasOpenRun: true, isDirty: true }],
    });
  });

  it('is refused outside of a repository', async () => {
    const result = await runFake(['isolation', 'list'], worldOf(null).world);
    expect(result).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('in no git repository') });
  });
});

describe('signalbox isolation cleanup', () => {
  it.each<[words: readonly string[], rule: RemovalRule]>([
    [[], { kind: 'idle', limitMs: 7 * 86_400_000 }],
    [['30'], { kind: 'idle', limitMs: 30 * 86_400_000 }],
    [['--merged'], { kind: 'merged' }],
    [['--merged', '--include-closed'], { kind: 'closed' }],
  ])('%j goes by its rule', async (words, rule) => {
    const { asked, world } = worldOf();
    const { stdout, exitCode } = await runFake(['isolation', 'cleanup', ...words], world);
    expect(asked).toEqual([rule]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      'archon/task-a removed, with its branch\narchon/task-b stays: it is locked (git worktree unlock)\n1 worktree removed\n',
    );
  });

  it('ends with 1 where git could not do it, and tells why', async () => {
    const { world } = worldOf('/repo', [HALF, { ...KEPT, reason: null, fault: 'git worktree says: no' }]);
    expect(await runFake(['isolation', 'cleanup'], world)).toMatchObject({
      exitCode: 1,
      stdout:
        'archon/task-a removed; its branch stays: git push says: no\n' +
        'archon/task-b stays: git worktree says: no\n1 worktree removed\n',
    });
  });

  it.each([['soon'], ['-1'], ['--include-closed'], ['30', '--merged']])('%s is refused', async (...words) => {
    expect((await runFake(['isolation', 'cleanup', ...words], worldOf().world)).exitCode).toBe(64);
  });
});

describe('signalbox complete', () => {
  it('ends with 1 when one stays, and is one object with --json', async () => {
    const { asked, world } = worldOf();
    const result = await runFake(['complete', 'a', 'b', '--force', '--json'], world);
    expect(asked).toEqual([['a', 'b'], true]);
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toEqual({ ok: false, results: [GONE, KEPT] });
  });
});
