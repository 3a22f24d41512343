import { describe, expect, it } from 'vitest';
import {
  judgeRemoval,
  type Removal,
  type RemovalFacts,
  type RemovalRule,
} from '../../../src/core/isolation/judge-removal.js';

const DAY_MS = 24 * 3_600_000;
const IDLE: RemovalRule = { kind: 'idle', limitMs: 7 * DAY_MS };
const MERGED: RemovalRule = { kind: 'merged' };
const CLOSED: RemovalRule = { kind: 'closed' };
const NAMED: RemovalRule = { kind: 'named', isForced: false };
const FORCED: RemovalRule = { kind: 'named', isForced: true };

const judged = (over: Partial<RemovalFacts>, rule: RemovalRule): Removal =>
  judgeRemoval(
    {
      ...{ isThere: true, isDirty: false, isLocked: false, hasOpenRun: false, isMerged: true },
      ...{ hasLooseCommits: false, idleMs: 30 * DAY_MS, ...over },
    },
    rule,
  );

describe.each([
  ['idle', IDLE],
  ['merged', MERGED],
  ['closed', CLOSED],
  ['named', NAMED],
  ['forced', FORCED],
])('by the rule %s', (_name, rule) => {
  it.each<[what: string, over: Partial<RemovalFacts>, reason: string]>([
    ['a run works in', { hasOpenRun: true }, 'in use by a run'],
    ['holds changes', { isDirty: true }, 'not committed'],
    ['is locked', { isLocked: true }, 'is locked'],
  ])('a worktree stays that %s', (_what, over, reason) => {
    expect(judged(over, rule)).toEqual({ kind: 'keep', reason: expect.stringContaining(reason) });
  });

  it('one goes whose work has arrived, with its branch', () => {
    expect(judged({}, rule)).toEqual({ kind: 'remove', removesBranch: true });
  });
});

describe('a worktree whose base lacks its commits', () => {
  it.each<[rule: string, RemovalRule, Removal['kind'], boolean | undefined]>([
    ['goes when it is idle, but its branch stays', IDLE, 'remove', false],
    ['stays when merged ones are to go', MERGED, 'keep', undefined],
    ['stays when closed ones are to go, and nobody knows of a pull request', CLOSED, 'keep', undefined],
    ['stays when it is named', NAMED, 'keep', undefined],
    ['goes with its branch when that is forced', FORCED, 'remove', true],
  ])('%s', (_what, rule, kind, removesBranch) => {
    const removal = judged({ isMerged: false }, rule);
    expect(removal).toMatchObject({ kind, ...(removesBranch === undefined ? {} : { removesBranch }) });
  });
});

describe('a worktree with commits that are on no branch', () => {
  it.each([
    ['idle', IDLE],
    ['merged', MERGED],
    ['closed', CLOSED],
    ['named', NAMED],
  ])('stays by the rule %s, though its branch is merged', (_name, rule) => {
    const removal = judged({ hasLooseCommits: true }, rule);
    expect(removal).toEqual({ kind: 'keep', reason: expect.stringContaining('on no branch') });
  });

  it('goes when that is forced', () => {
    expect(judged({ hasLooseCommits: true }, FORCED)).toMatchObject({ kind: 'remove' });
  });
});

describe('a worktree that was used lately', () => {
  it('stays when idle ones are to go', () => {
    expect(judged({ idleMs: 7 * DAY_MS - 1 }, IDLE)).toMatchObject({ kind: 'keep' });
    expect(judged({ idleMs: 7 * DAY_MS }, IDLE)).toMatchObject({ kind: 'remove' });
  });

  it('goes when it is not there any more', () => {
    expect(judged({ idleMs: 0, isThere: false }, IDLE)).toMatchObject({ kind: 'remove' });
  });
});

describe('a worktree with a pull request', () => {
  it('goes when that is over, whatever its base lacks', () => {
    const removal = judged({ isMerged: false, pullRequest: 'over' }, CLOSED);
    expect(removal).toEqual({ kind: 'remove', removesBranch: true });
  });

  it('stays while that is open, whatever its base has', () => {
    const removal = judged({ isMerged: true, pullRequest: 'open' }, CLOSED);
    expect(removal).toEqual({ kind: 'keep', reason: 'has an open pull request' });
  });
});
