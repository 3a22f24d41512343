import { describe, expect, it } from 'vitest';
import { makeWorktreeTidy, type TidyPorts } from '../../../src/client/isolation/tidy-worktrees.js';
import { RunError } from '../../../src/core/errors.js';
import type { EnvironmentRecord } from '../../../src/ports/isolation-table.js';
import type { PullRequest } from '../../../src/ports/pull-requests.js';
import type { WorktreeSight } from '../../../src/ports/worktree-care.js';

const NOW = new Date('2026-11-22T12:00:00Z');
const DAY_MS = 24 * 3_600_000;

const aRecord = (name: string, over: Partial<EnvironmentRecord> = {}): EnvironmentRecord => ({
  ...{ id: `id-${name}`, identifier: name, type: 'task', branch: `archon/task-${name}` },
  ...{ workingPath: `/trees/${name}`, repository: '/repo', platform: 'signalbox' },
  ...{ lastUsedAt: '2026-10-01T00:00:00.000Z', hasOpenRow: false, ...over },
});

/** A machine with these worktrees; what was done to it stands in `done`. */
function machine(records: readonly EnvironmentRecord[], over: Partial<TidyPorts> = {}) {
  const done: string[] = [];
  const sights = new Map<string, Partial<WorktreeSight>>();
  const faults = new Map<string, RunError>();
  const fail = (name: string): void => {
    const fault = faults.get(name);
    if (fault !== undefined) throw fault;
  };
  const tidy = makeWorktreeTidy({
    rows: {
      active: () => Promise.resolve(records),
      retire: (id) => Promise.resolve(void done.push(`retire ${id}`)),
    },
    care: {
      look: ({ workingPath }) =>
        Promise.resolve({
          ...{ isThere: true, isDirty: false, isLocked: false, isMerged: true, hasLooseCommits: false },
          ...sights.get(workingPath),
        }),
      tell: ({ branch }, base) => Promise.resolve({ commits: `${base}..${branch}`, changes: 'one file' }),
      isIn: (_worktree, commit) => Promise.resolve(commit === 'the same'),
      remove: async ({ workingPath }, mayGo) => {
        if (!(await mayGo())) return false;
        fail(workingPath);
        done.push(`remove ${workingPath}`);
        return true;
      },
      removeBranch: async ({ branch }, { isRemoteToo }) => {
        await Promise.resolve();
        fail(branch);
        done.push(`remove ${branch}${isRemoteToo ? ' everywhere' : ''}`);
      },
    },
    clock: { now: () => NOW },
    isHeld: () => Promise.resolve(false),
    baseBranch: () => Promise.resolve('main'),
    pullRequests: { of: () => Promise.reject(new Error('nobody asks GitHub')) },
    ...over,
  });
  return { tidy, done, sights, faults };
}

const IDLE = { kind: 'idle', limitMs: 7 * DAY_MS } as const;

describe('cleaning up', () => {
  it('removes what is long unused and merged, with its branch here, and tells of all', async () => {
    const young = aRecord('b', { lastUsedAt: '2026-11-22T00:00:00.000Z' });
    const { tidy, done } = machine([aRecord('a'), young]);
    expect(await tidy.cleanUp('/repo', IDLE)).toEqual([
      {
        ...{ branch: 'archon/task-a', workingPath: '/trees/a', reason: null, fault: null },
        ...{ isRemoved: true, isBranchRemoved: true },
      },
      {
        ...{ branch: 'archon/task-b', workingPath: '/trees/b', reason: 'was used lately', fault: null },
        ...{ isRemoved: false, isBranchRemoved: false },
      },
    ]);
    expect(done).toEqual(['remove /trees/a', 'remove archon/task-a', 'retire id-a']);
  });

  it('goes on with the others when git cannot remove one, and tells its words', async () => {
    const { tidy, done, faults } = machine([aRecord('a'), aRecord('b')]);
    faults.set('/trees/a', new RunError('WORKTREE_FAILED', 'git says no'));
    expect(await tidy.cleanUp('/repo', IDLE)).toMatchObject([
      { isRemoved: false, isBranchRemoved: false, fault: 'git says no' },
      { isRemoved: true, isBranchRemoved: true, fault: null },
    ]);
    expect(done).toEqual(['remove /trees/b', 'remove archon/task-b', 'retire id-b']);
  });

  it('keeps the row of one whose branch git cannot remove, so that it can be asked for again', async () => {
    const { tidy, done, faults } = machine([aRecord('a')]);
    faults.set('archon/task-a', new RunError('WORKTREE_FAILED', 'the remote is away'));
    expect(await tidy.complete('/repo', ['a'], false)).toMatchObject([
      { isRemoved: true, isBranchRemoved: false, fault: 'the remote is away' },
    ]);
    faults.clear();
    expect(await tidy.complete('/repo', ['a'], false)).toMatchObject([
      { isBranchRemoved: true, fault: null },
    ]);
    expect(done).toEqual([
      'remove /trees/a',
      'remove /trees/a',
      'remove archon/task-a everywhere',
      'retire id-a',
    ]);
  });

  it('keeps the dirty one, and the branch of one that its base lacks', async () => {
    const { tidy, done, sights } = machine([aRecord('dirty'), aRecord('ahead')]);
    sights.set('/trees/dirty', { isDirty: true });
    sights.set('/trees/ahead', { isMerged: false });
    await tidy.cleanUp('/repo', IDLE);
    expect(done).toEqual(['remove /trees/ahead', 'retire id-ahead']);
  });

  it.each<[who: string, record: EnvironmentRecord, over: Partial<TidyPorts>]>([
    ['Temporal', aRecord('a'), { isHeld: (path) => Promise.resolve(path === '/trees/a') }],
    ['the tables', aRecord('a', { hasOpenRow: true }), {}],
  ])('keeps one that a run is in by the word of %s', async (_who, record, over) => {
    const { tidy, done } = machine([record], over);
    const [result] = await tidy.cleanUp('/repo', IDLE);
    expect(result).toMatchObject({ isRemoved: false, reason: expect.stringContaining('in use by a run') });
    expect(done).toEqual([]);
  });

  it('keeps one in which a run has begun since it was looked at', async () => {
    let looks = 0;
    const { tidy, done } = machine([aRecord('a')], { isHeld: () => Promise.resolve((looks += 1) > 1) });
    expect(await tidy.cleanUp('/repo', IDLE)).toMatchObject([{ reason: 'is in use just now' }]);
    expect(done).toEqual([]);
  });

  it('removes nothing while Temporal does not answer', async () => {
    const { tidy, done } = machine([aRecord('a')], { isHeld: () => Promise.reject(new Error('away')) });
    await expect(tidy.cleanUp('/repo', IDLE)).rejects.toThrow('away');
    expect(done).toEqual([]);
  });
});

describe('cleaning up what pull requests have left', () => {
  const request = (state: PullRequest['state'], head: string): PullRequest => ({
    ...{ number: 7, title: 'Mend it', url: 'https://github.com/acme/widgets/pull/7', state, head },
  });

  it.each<[what: string, requests: readonly PullRequest[], reason: string | null]>([
    ['removes one that was closed', [request('closed', 'the same')], null],
    ['removes one that was merged', [request('merged', 'the same')], null],
    [
      'removes one that an older request had',
      [request('closed', 'less'), request('closed', 'the same')],
      null,
    ],
    ['keeps one with more than was closed', [request('closed', 'less')], 'neither its base nor a closed'],
    [
      'keeps one that is open',
      [request('open', 'the same'), request('closed', 'the same')],
      'open pull request',
    ],
    ['keeps one without', [], 'neither its base nor a closed'],
  ])('%s', async (_what, requests, reason) => {
    const pullRequests = { of: () => Promise.resolve(requests) };
    const { tidy, done, sights } = machine([aRecord('a')], { pullRequests });
    sights.set('/trees/a', { isMerged: false });
    const [result] = await tidy.cleanUp('/repo', { kind: 'closed' });
    expect(result?.reason ?? null).toEqual(reason === null ? null : expect.stringContaining(reason));
    expect(done).toEqual(reason === null ? ['remove /trees/a', 'remove archon/task-a', 'retire id-a'] : []);
  });

  it('removes nothing where GitHub cannot be asked', async () => {
    const { tidy, done } = machine([aRecord('a')]);
    await expect(tidy.cleanUp('/repo', { kind: 'closed' })).rejects.toThrow('nobody asks GitHub');
    expect(done).toEqual([]);
  });
});

describe('completing', () => {
  it.each(['archon/task-my-fix', 'my fix', 'My/Fix'])('knows a worktree by %j', async (name) => {
    const { tidy, done } = machine([aRecord('x', { branch: 'archon/task-my-fix', identifier: 'my fix' })]);
    expect(await tidy.complete('/repo', [name], false)).toMatchObject([{ isRemoved: true }]);
    expect(done).toContain('remove archon/task-my-fix everywhere');
  });

  it('keeps commits that its base lacks, unless it is forced', async () => {
    const { tidy, done, sights } = machine([aRecord('a')]);
    sights.set('/trees/a', { isMerged: false });
    expect(await tidy.complete('/repo', ['a'], false)).toMatchObject([{ isRemoved: false }]);
    expect(done).toEqual([]);
    expect(await tidy.complete('/repo', ['a'], true)).toMatchObject([{ isBranchRemoved: true }]);
  });

  it('tells of a name that nothing has', async () => {
    const [result] = await machine([]).tidy.complete('/repo', ['nothing'], true);
    expect(result).toMatchObject({ branch: 'nothing', isRemoved: false, workingPath: null });
  });
});

describe('the story of a worktree', () => {
  const record = aRecord('a');
  const told = { branch: 'archon/task-a', commits: 'main..archon/task-a', changes: 'one file' };

  it('has its commits, its changes and its newest pull request', async () => {
    const sight = { number: 7, title: 'Mend it', url: 'https://x/7', state: 'open' } as const;
    const pullRequests = { of: () => Promise.resolve([{ ...sight, head: 'abc' }]) };
    const { tidy } = machine([record], { pullRequests });
    expect(await tidy.find('/repo', 'a')).toBe(record);
    expect(await tidy.tell(record)).toMatchObject({ ...told, pullRequest: sight });
  });

  it('does without pull requests where GitHub cannot be asked', async () => {
    expect(await machine([record]).tidy.tell(record)).toEqual({ ...told, pullRequest: null });
  });
});
