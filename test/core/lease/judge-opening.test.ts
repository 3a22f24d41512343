import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isOtherId,
  judgeOpening,
  OPENING_PATIENCE_MS,
  strictest,
  type FoundOwner,
  type OpeningFacts,
  type OpeningStep,
} from '../../../src/core/lease/judge-opening.js';

const me = { temporalNamespaceId: 'n1', temporalWorkflowId: 'run.a', runId: 'r1', fenceToken: 't1' };
const found = (over: Partial<FoundOwner> = {}): FoundOwner => ({
  ...me,
  runId: 'r0',
  fenceToken: 't0',
  isClosed: false,
  ...over,
});
const facts = (over: Partial<OpeningFacts> = {}): OpeningFacts => ({
  me,
  standing: 'current',
  lock: 'mine',
  found: null,
  foundExecution: 'over',
  isProved: true,
  isOursToEnd: true,
  waitedMs: 0,
  ...over,
});
const LATE = Math.max(...Object.values(OPENING_PATIENCE_MS));
const told = (step: OpeningStep): string => {
  if (step.kind === 'refuse') return step.code;
  return step.kind === 'open' && step.isTakenOver ? 'open, taken over' : step.kind;
};

const other = found({ temporalWorkflowId: 'run.b' });
const foreign = found({ temporalNamespaceId: 'n2' });

describe('who may open a box', () => {
  it.each<[string, Partial<OpeningFacts>, string]>([
    ['a place where nobody was', {}, 'open'],
    ['J1: an execution that is over', { standing: 'over' }, 'FENCED'],
    ['J1: an execution that is over, whatever is found', { standing: 'over', found: foreign }, 'FENCED'],
    ['J5: Temporal away', { standing: 'unknown' }, 'waitAndRetry'],
    ['J5: Temporal away for long', { standing: 'unknown', waitedMs: LATE }, 'TEMPORAL_UNREACHABLE'],
    ['a holder that cannot be read', { lock: 'held' }, 'waitAndRetry'],
    ['J2: one that cannot be read for long', { lock: 'held', waitedMs: LATE }, 'LEASE_HELD'],
    ['an owner who has closed', { found: found({ isClosed: true }) }, 'open'],
    [
      'one who has closed a moment ago',
      { found: found({ isClosed: true }), isProved: false },
      'waitAndRetry',
    ],
    ['J2: another Temporal that holds the lock', { found: foreign, lock: 'held' }, 'LEASE_HELD'],
    ['another Temporal whose box is gone', { found: foreign }, 'open, taken over'],
    ['J2: another Temporal whose box lives', { found: foreign, isProved: false }, 'waitAndRetry'],
    [
      'J5: one whose box lives on',
      { found: foreign, isProved: false, waitedMs: LATE },
      'PATH_STILL_OCCUPIED',
    ],
    ['J3: another ID that is open', { found: other, foundExecution: 'open' }, 'LEASE_HELD'],
    [
      'J3: another open ID that holds the lock',
      { found: other, foundExecution: 'open', lock: 'held' },
      'LEASE_HELD',
    ],
    ['J5: another ID, Temporal away', { found: other, foundExecution: 'unknown' }, 'waitAndRetry'],
    [
      'J5: another ID, Temporal away for long',
      { found: other, foundExecution: 'unknown', waitedMs: LATE },
      'TEMPORAL_UNREACHABLE',
    ],
    ['J4: another ID that is over', { found: other }, 'open'],
    ['J4: another ID that is over and lives', { found: other, lock: 'held', isProved: false }, 'evict'],
    ['J4: an earlier execution of mine that is gone', { found: found() }, 'open'],
    [
      'J4: an earlier execution that holds the lock',
      { found: found(), lock: 'held', isProved: false },
      'evict',
    ],
    ['J4: an earlier execution that lives elsewhere', { found: found(), isProved: false }, 'evict'],
    ['J4: my own box of a worker before', { found: { ...me, isClosed: false }, lock: 'held' }, 'evict'],
    [
      'a leftover of another user',
      { found: found(), lock: 'held', isOursToEnd: false },
      'PATH_STILL_OCCUPIED',
    ],
    [
      'J5: a leftover that does not go',
      { found: found(), lock: 'held', waitedMs: LATE },
      'PATH_STILL_OCCUPIED',
    ],
  ])('%s', (_what, over, expected) => {
    expect(told(judgeOpening(facts(over)))).toBe(expected);
  });

  const claim = fc.record({
    temporalNamespaceId: fc.constantFrom('n1', 'n2'),
    temporalWorkflowId: fc.constantFrom('run.a', 'run.b'),
    runId: fc.constantFrom('r0', 'r1'),
    fenceToken: fc.constantFrom('t0', 't1'),
  });
  const anyFacts: fc.Arbitrary<OpeningFacts> = fc.record({
    me: claim,
    standing: fc.constantFrom('current' as const, 'over' as const, 'unknown' as const),
    lock: fc.constantFrom('mine' as const, 'held' as const),
    found: fc.option(fc.tuple(claim, fc.boolean()).map(([one, isClosed]) => ({ ...one, isClosed }))),
    foundExecution: fc.constantFrom('open' as const, 'over' as const, 'unknown' as const),
    isProved: fc.boolean(),
    isOursToEnd: fc.boolean(),
    waitedMs: fc.nat(20_000),
  });

  it('J1 to J5 hold for all facts', () => {
    fc.assert(
      fc.property(anyFacts, (all) => {
        const step = judgeOpening(all);
        if (step.kind === 'open') {
          expect(all).toMatchObject({ standing: 'current', lock: 'mine', isProved: true });
        }
        if (step.kind === 'evict') {
          expect(all).toMatchObject({ standing: 'current', isOursToEnd: true });
          expect(all.found?.temporalNamespaceId).toBe(all.me.temporalNamespaceId);
          if (isOtherId(all.me, all.found)) expect(all.foundExecution).toBe('over');
        }
        if (all.waitedMs >= LATE) expect(['open', 'refuse']).toContain(step.kind);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('several findings in one place', () => {
  const open: OpeningStep = { kind: 'open', isTakenOver: false };
  const takeOver: OpeningStep = { kind: 'open', isTakenOver: true };
  const held: OpeningStep = { kind: 'refuse', code: 'LEASE_HELD' };

  it.each<[string, OpeningStep[], string]>([
    ['all are gone', [open, open], 'open'],
    ['one was of another Temporal', [open, takeOver], 'open, taken over'],
    ['one is to be waited for', [takeOver, { kind: 'waitAndRetry' }], 'waitAndRetry'],
    ['one is to be ended', [{ kind: 'evict' }, { kind: 'waitAndRetry' }], 'evict'],
    ['one stands in the way', [open, { kind: 'evict' }, held], 'LEASE_HELD'],
  ])('%s', (_what, steps, expected) => {
    expect(told(strictest(steps))).toBe(expected);
  });
});
