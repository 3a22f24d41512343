import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INVARIANTS, type Evidence, type OwnerSeen, type Violation } from '../evidence.js';
import { FIRST_NODE_WITHIN_MS, judge } from './judge.js';
import { call, evidenceOf, hold, logOf, row, sighting, stackFault, NOTHING_LEFT } from './some-evidence.js';

const NOTHING_FOUND: Violation[] = [];

const found = (parts: Partial<Evidence>): string[] =>
  judge(evidenceOf(parts)).map(({ invariant, what }) => `${invariant} ${what}`);

const owner = (run: string, fence: number): OwnerSeen => ({ path: '/repo', at: 0, run, token: 't', fence });
const mark = (epoch: bigint, seq: bigint) => ({ run: 'A', epoch, seq });
const commits = (...sessions: string[]) =>
  sessions.map((session) => ({ path: '/repo', run: session.slice(0, 1), session }));

/** A minute of good order: everything happens that may. */
const GOOD_ORDER = evidenceOf({
  records: logOf(
    'A1@1 enter',
    'A1@1 sign',
    'A2@1 enter',
    'A1@1 sign',
    'A2@1 exit',
    'B1@2 enter',
    'B1@2 collision A',
    'B1@2 exit',
  ),
  sightings: [sighting('A', 0, 4500), sighting('B', 4800, 7000)],
  calls: [
    call(0, { kind: 'started', run: 'A' }),
    call(100, { kind: 'busy', holder: 'A' }),
    call(4600, { kind: 'started', run: 'B' }),
    call(4700, { kind: 'unanswered', code: 'TEMPORAL_UNREACHABLE' }),
    call(4750, { kind: 'queued', run: 'C' }),
  ],
  holds: [hold('A', 1, 4550), hold('B', 4601, 7100)],
  rows: [
    row('A', 2, 'running'),
    row('A', 4540, 'cancelled'),
    row('B', 4602, 'running'),
    row('B', 7050, 'completed'),
  ],
  marks: [mark(1n, 0n), mark(1n, 1n), mark(1n, 1n), mark(2n, 0n)],
  owners: [owner('A', 1), owner('A', 1), owner('B', 2)],
  commits: commits('A1', 'A2', 'B1', 'B1'),
  remains: {
    ...NOTHING_LEFT,
    runs: [
      { run: 'A', row: 'cancelled', executions: ['TERMINATED'] },
      { run: 'B', row: 'completed', executions: ['COMPLETED'] },
      { run: 'C', row: null, executions: ['FAILED'] },
      { run: 'D', row: 'failed', executions: ['FAILED', 'DELETED'] },
      { run: 'E', row: 'cancelled', executions: ['FAILED', 'TERMINATED'] },
    ],
  },
});

describe('the checkers', () => {
  it('find nothing where everything is in order', () => {
    expect(judge(GOOD_ORDER)).toEqual(NOTHING_FOUND);
  });

  it('share no code with the product', () => {
    const files = readdirSync(import.meta.dirname).filter((name) => !name.endsWith('.test.ts'));
    const imports = [...files, '../evidence.ts'].flatMap((file) =>
      [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/from '([^']+)'/g)].map(
        ([, from]) => from,
      ),
    );
    expect(imports.filter((from) => !/^\.\/[\w-]+\.js$|^\.\.\/evidence\.js$/.test(from ?? ''))).toEqual([]);
  });

  it('look at every invariant', () => {
    const bad = judge(
      evidenceOf({
        records: logOf('A1 enter', 'B1 enter', 'A1 sign'),
        owners: [owner('A', 2), owner('B', 2)],
        marks: [mark(2n, 0n), mark(1n, 5n)],
        rows: [row('A', 0, 'cancelled')],
        calls: [call(0, { kind: 'busy', holder: null }), call(10, { kind: 'started', run: 'C' })],
        holds: [hold('C', 0, null)],
        commits: commits('A1', 'B1', 'A2'),
        remains: { ...NOTHING_LEFT, processes: [{ pid: 1, command: 'sleep' }] },
      }),
    );
    expect(new Set(bad.map(({ invariant }) => invariant))).toEqual(new Set(INVARIANTS));
  });
});

describe('I1, exclusion', () => {
  it('is broken by a run that begins while another signs', () => {
    expect(found({ records: logOf('A1 enter', 'B1 enter', 'A1 sign') })).toContain(
      'I1 /repo: B is at work while A still is',
    );
  });

  it('is broken by a daemon that outlives its node into the next run', () => {
    const records = logOf('A1 enter', 'A1 exit', 'B1 enter', 'A1 sign', 'B1 exit');
    expect(found({ records })).toContain('I1 /repo: B is at work while A still is');
  });

  it('is broken by two execution generations of one run at once', () => {
    expect(found({ records: logOf('A1@1 enter', 'A2@2 enter', 'A1@1 sign') })).toContain(
      'I1 /repo: A/2 is at work while A/1 still is',
    );
  });

  it('is broken by a run that goes on after another has been at work', () => {
    expect(found({ records: logOf('A1 enter', 'A1 exit', 'B1 enter', 'B1 exit', 'A2 enter') })).toEqual([
      'I1 /repo: A is at work again after B',
    ]);
  });

  it('holds for a run that a reset brought back', () => {
    const records = logOf('A1 enter', 'A1 exit', 'B1 enter', 'B1 exit', 'A2 enter');
    expect(judge(evidenceOf({ records, revived: new Set(['A']) }))).toEqual(NOTHING_FOUND);
  });

  it('is broken by a canary whose owner lives on', () => {
    const records = logOf('A1 enter', 'B1 enter', 'B1 collision A');
    expect(found({ records, sightings: [sighting('A', 0, 2100)] })).toEqual([
      'I1 /repo: B met the canary of A, processes of which lived on',
    ]);
  });

  it('holds for a canary that a dead run left behind', () => {
    const records = logOf('A1 enter', 'B1 enter', 'B1 collision A');
    expect(found({ records, sightings: [sighting('A', 0, 900)] })).toEqual([]);
  });

  it('holds for a canary whose owner goes on later', () => {
    const records = logOf('A1 enter', 'B1 enter', 'B1 collision A');
    expect(found({ records, sightings: [sighting('A', 0, 900), sighting('A', 9000, 9900)] })).toEqual([]);
  });

  it('holds on two paths at once', () => {
    const [first, second, third] = logOf('A1 enter', 'B1 enter', 'A1 sign');
    expect(found({ records: [first!, { ...second!, path: '/other' }, third!] })).toEqual([]);
  });
});

describe('I2, fence numbers', () => {
  it.each([
    ['fall', [owner('A', 5), owner('B', 4)], 'B/t has fence number 4 after A/t had 5'],
    ['stay for a new owner', [owner('A', 5), owner('B', 5)], 'B/t has fence number 5 after A/t had 5'],
  ])('are broken when they %s', (_how, owners, what) => {
    expect(found({ owners })).toEqual([`I2 /repo: ${what}`]);
  });

  it('are read by nodes too', () => {
    const [a, b] = logOf('A1 enter', 'B1 enter');
    expect(
      found({
        records: [
          { ...a!, fence: 2 },
          { ...b!, fence: 1 },
        ],
      }),
    ).toEqual(['I2 /repo: B has fence number 1 after A had 2']);
  });
});

describe('I3, epochs', () => {
  it.each([
    ['an older epoch', [mark(2n, 0n), mark(1n, 9n)]],
    ['an older write of the same epoch', [mark(1n, 4n), mark(1n, 3n)]],
  ])('are broken by %s', (_what, marks) => {
    expect(found({ marks })).toHaveLength(1);
  });
});

describe('I4, ended runs', () => {
  it('are broken by a process that lives after the row has ended', () => {
    const rows = [row('A', 1000, 'cancelled')];
    expect(found({ rows, sightings: [sighting('A', 0, 1500)] })).toEqual([
      'I4 A: pid 42 (sleep 100) was alive 500 ms after the row said cancelled',
    ]);
  });

  it('are broken by a daemon without a marker that goes on signing', () => {
    const rows = [row('A', 500, 'failed')];
    expect(found({ rows, records: logOf('A1 enter', 'A1 sign', 'A1 sign') })).toEqual([
      'I4 A: session A1 was alive 500 ms after the row said failed',
    ]);
  });

  it('hold when a reset has reopened the row before its processes begin', () => {
    const rows = [row('A', 1000, 'cancelled'), row('A', 2000, 'running'), row('A', 3000, 'completed')];
    expect(found({ rows, sightings: [sighting('A', 0, 900), sighting('A', 2100, 2900)] })).toEqual([]);
  });

  it('are broken between an end and a reopening', () => {
    const rows = [row('A', 1000, 'cancelled'), row('A', 2000, 'running')];
    expect(found({ rows, sightings: [sighting('A', 1200, 1800)] })).toHaveLength(1);
  });
});

describe('I5, admission', () => {
  it('is broken by two winners of one window', () => {
    expect(found({ holds: [hold('A', 0, 100), hold('B', 50, 200)] })).toEqual([
      'I5 /repo: B was admitted while A held it',
    ]);
  });

  it.each([
    ['nobody', null, 'a refused start was told no holder'],
    ['a run that had ended', 'A', 'a refused start was told A, which did not hold it then'],
  ])('is broken by a loser that was told %s', (_who, holder, what) => {
    const calls = [call(5000, { kind: 'busy', holder })];
    expect(found({ calls, holds: [hold('A', 0, 1000), hold('B', 4000, 6000)] })).toEqual([
      `I5 /repo: ${what}`,
    ]);
  });

  it('is broken by a winner that never held the path', () => {
    expect(found({ calls: [call(0, { kind: 'started', run: 'A' })] })).toEqual([
      'I5 /repo: A was said to have started and never held it',
    ]);
  });
});

describe('I6, progress', () => {
  const holds = [hold('A', 0, null)];
  const late = [{ ...logOf('A1 enter')[0]!, at: FIRST_NODE_WITHIN_MS + 5000 }];

  it('is broken by a first node that comes too late', () => {
    expect(found({ holds, records: late })).toEqual([
      `I6 /repo: the first node of A began ${FIRST_NODE_WITHIN_MS + 5000} ms after its start, with nothing in its way; the bound is ${FIRST_NODE_WITHIN_MS} ms`,
    ]);
  });

  it('is broken by a first node that never comes', () => {
    expect(found({ holds })).toHaveLength(1);
  });

  it('counts no time in which something was broken', () => {
    const faults = [stackFault(0, 4000), stackFault(2000, 6000)];
    expect(found({ holds, records: late, faults })).toEqual([]);
  });

  it('waits for no run that was stopped before', () => {
    expect(found({ holds: [hold('A', 0, 3000)] })).toEqual([]);
    const faults = [{ ...stackFault(3000, 3100), run: 'A', path: '/repo' }];
    expect(found({ holds, faults })).toEqual([]);
  });
});

describe('I7, remains', () => {
  it.each([
    ['a process', { processes: [{ pid: 7, command: 'sleep 9' }] }, 'process 7 is left: sleep 9'],
    ['a lock', { locks: ['/repo'] }, '/repo is still locked'],
    ['a queue that nobody waits in', { open: ['queue.1'] }, 'queue.1 is still open'],
    [
      'a row that runs on',
      { runs: [{ run: 'A', row: 'running', executions: ['TERMINATED'] }] },
      'A: its row says running, Temporal TERMINATED',
    ],
    [
      'a row that an execution before the newest explains',
      { runs: [{ run: 'A', row: 'failed', executions: ['COMPLETED', 'FAILED'] }] },
      'A: its row says failed, Temporal COMPLETED',
    ],
    [
      'a row of a deleted execution that runs on',
      { runs: [{ run: 'A', row: 'paused', executions: [] }] },
      'A: its row says paused, Temporal knows nothing of it',
    ],
    [
      'a completed run without a row',
      { runs: [{ run: 'A', row: null, executions: ['COMPLETED'] }] },
      'A completed and has no row',
    ],
  ])('are broken by %s', (_what, remains, what) => {
    expect(found({ remains: { ...NOTHING_LEFT, ...remains } })).toEqual([`I7 ${what}`]);
  });
});

describe('I8, the git history', () => {
  it('is broken by commits of two runs in turn', () => {
    expect(found({ commits: commits('A1', 'B1', 'A1') })).toEqual([
      'I8 /repo: commits of A stand on both sides of commits of B',
    ]);
  });

  it('is broken by a revived run whose node went on across another run', () => {
    expect(judge(evidenceOf({ commits: commits('A1', 'B1', 'A1'), revived: new Set(['A']) }))).toHaveLength(
      1,
    );
  });

  it('holds for a revived run, and for its nodes side by side', () => {
    const history = commits('A1', 'B1', 'A2', 'A3', 'A2');
    expect(judge(evidenceOf({ commits: history, revived: new Set(['A']) }))).toEqual(NOTHING_FOUND);
  });
});
