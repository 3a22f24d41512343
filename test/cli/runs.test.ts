import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { RunId } from '../../src/core/ids.js';
import { RunError } from '../../src/core/errors.js';
import type { RunDescription } from '../../src/contract/messages.js';
import type { RunFilter, RunRecord } from '../../src/ports/run-table.js';
import { aDescription, aRecord, event, EVENTS, GATE, RUN_ID, runFake, TEMPORAL_ID } from './fake-cli.js';

const ENDED = '2026-11-22T09:03:41.000Z';

const listing = (...runs: RunRecord[]) => listingBeside(0, ...runs);

function listingBeside(leftOut: number, ...runs: RunRecord[]) {
  const asked: RunFilter[] = [];
  return {
    asked,
    list: (filter: RunFilter) => {
      asked.push(filter);
      return Promise.resolve({ runs, total: runs.length + 1, leftOut });
    },
  };
}

describe('runs', () => {
  it('shows those of this path', async () => {
    const { asked, list } = listing(aRecord({ status: 'completed', completedAt: ENDED }));
    const result = await runFake(['runs', '--folder'], { directory: tmpdir(), orchestrator: { list } });
    expect(asked).toEqual([
      {
        ...{ workingPath: expect.any(String), withWorktrees: true, statuses: null },
        ...{ subRuns: 'no-items', limit: 20 },
      },
    ]);
    expect(asked[0]?.workingPath).toMatch(/^\//);
    expect(result.stdout).toMatch(/^1 of 2 runs in \//);
    expect(result.stdout).toContain(
      '7c1f2a9e  completed  fix-issue  2026-11-22 09:02:11 UTC  1m30s  mend it',
    );
  });

  it('shows those of all paths, of one status, up to a limit', async () => {
    const { asked, list } = listing();
    await runFake(['runs', '--all', '--status', 'failed', '--limit', '3'], { orchestrator: { list } });
    expect(asked).toEqual([
      {
        ...{ workingPath: null, withWorktrees: false, statuses: ['failed'] },
        ...{ subRuns: 'no-items', limit: 3 },
      },
    ]);
  });

  it('leaves items of fan-outs out, and says how many, unless they are asked for', async () => {
    const { list, asked } = listingBeside(1000, aRecord());
    const { stdout } = await runFake(['runs', '--all'], { orchestrator: { list } });
    expect(stdout).toContain('1 of 2 runs; 1000 items of fan-outs left out (--items shows them)\n');
    const json = await runFake(['runs', '--all', '--items', '--json'], { orchestrator: { list } });
    expect(JSON.parse(json.stdout)).toMatchObject({ total: 2, leftOut: 1000 });
    expect(asked.map(({ subRuns }) => subRuns)).toEqual(['no-items', 'all']);
  });

  it('tells the branches of those in worktrees', async () => {
    const apart = aRecord({ metadata: { branch_name: 'archon/task-x' } });
    const { stdout } = await runFake(['runs', '--all'], { orchestrator: listing(aRecord(), apart) });
    expect(stdout).toContain('12m04s  -              mend it\n');
    expect(stdout).toContain('12m04s  archon/task-x  mend it\n');
  });
});

describe('get', () => {
  const record = aRecord({
    status: 'failed',
    completedAt: ENDED,
    metadata: {
      error: 'node build failed\nbadly',
      signalbox: { startedBy: 'me@laptop', failureCode: 'NODE_FAILED' },
    },
  });
  const orchestrator = {
    find: () => Promise.resolve(record),
    events: () => Promise.resolve(EVENTS),
  };

  it('shows a run as lines', async () => {
    const result = await runFake(['get', '7c1f'], { orchestrator });
    expect(result.stdout).toMatchInlineSnapshot(`
      "run        7c1f2a9e-5d2b-4c1a-9f00-000000000001
      workflow   fix-issue
      status     failed
      path       /home/me/repo
      message    mend it
      started    2026-11-22 09:02:11 UTC (12m04s ago) by me@laptop
      ended      2026-11-22 09:03:41 UTC (took 1m30s)
      temporal   run.68656deb43f8cbb6ed458b5101933cec.me-repo
      error      node build failed
                 badly
      resume     signalbox resume 7c1f2a9e
      "
    `);
  });

  it('shows nodes and events when asked', async () => {
    const { stdout } = await runFake(['get', '7c1f', '--verbose', '--events'], { orchestrator });
    expect(stdout).toContain(
      "nodes\n  ✓ greet (1.2s)\n      hello\n  - late\n      when_condition: $greet.output == 'x'\n",
    );
    expect(stdout).toContain('events\n  2026-11-22 09:14:15 UTC workflow_started {}\n');
  });

  it('tells the branch of a worktree', async () => {
    const metadata = { branch_name: 'archon/task-x' };
    const result = await runFake(['get', '7c1f'], {
      orchestrator: {
        find: () => Promise.resolve(aRecord({ metadata })),
        describe: () => Promise.resolve(null),
        events: () => Promise.resolve([]),
        children: () => Promise.resolve([]),
      },
    });
    expect(result.stdout).toContain('branch     archon/task-x\nmessage');
  });

  it('shows of a run that has ended no node as waiting or running, and how long failed ones took', async () => {
    const ended = [
      event('node_failed', 'build', { error: 'exit 3', signalbox: { attempt: 1, duration_ms: 1_500 } }),
      event('approval_requested', 'first', { message: 'Begin?' }),
      event('node_completed', 'first', { node_output: '', approval_decision: 'approved' }),
      event('approval_requested', 'review', { message: 'Ship it?' }),
      event('approval_requested', 'other', { message: 'And this?' }),
      event('node_started', 'test', {}),
      event('approval_received', 'review', { decision: 'rejected', reason: 'not yet' }),
      event('workflow_cancelled', 'review', { reason: 'Rejected' }),
    ];
    const { stdout } = await runFake(['get', '7c1f', '--verbose'], {
      orchestrator: {
        find: () => Promise.resolve(aRecord({ status: 'cancelled' })),
        events: () => Promise.resolve(ended),
      },
    });
    expect(stdout.slice(stdout.indexOf('nodes'))).toBe(
      [
        'nodes',
        '  ✗ build (1.5s)',
        '      exit 3',
        '  ✓ first',
        '      approved',
        '  ✗ review rejected',
        '      not yet',
        '  - other',
        '      the run ended before',
        '  - test',
        '      the run ended before',
        '',
      ].join('\n'),
    );
  });

  it('shows which nodes of a running run wait for a permit', async () => {
    const started = ['a', 'b'].map((node) => event('node_started', node, { type: 'bash' }));
    const running = {
      find: () => Promise.resolve(aRecord({ status: 'running' })),
      events: () => Promise.resolve(started),
      waitingForPermit: () => Promise.resolve(['b']),
    };
    const { stdout } = await runFake(['get', '7c1f', '--verbose'], { orchestrator: running });
    expect(stdout).toContain('1 of its nodes wait for a permit of the host: b\n');
    expect(stdout).toContain('nodes\n  ◌ a\n  ◌ b\n      waits for a permit\n');
    const json = await runFake(['get', '7c1f', '--json'], { orchestrator: running });
    expect(JSON.parse(json.stdout)).toMatchObject({
      nodes: [
        { node: 'a', text: '' },
        { node: 'b', text: 'waits for a permit' },
      ],
    });
  });

  it('shows sub-runs, and of a sub-run whose it is and how it goes on', async () => {
    const parentRunId = RUN_ID;
    const child = aRecord({
      ...{ runId: '9c1f2a9e-5d2b-4c1a-9f00-000000000002' as RunId, parentRunId, status: 'failed' },
      ...{ workflowName: 'item', userMessage: 'a.ts', metadata: { parent_node_id: 'fan', child_index: 4 } },
    });
    const shown = await runFake(['get', '7c1f'], {
      orchestrator: { ...orchestrator, children: () => Promise.resolve([child]) },
    });
    expect(shown.stdout).toContain('sub-runs (1)\n  fan[4]  9c1f2a9e  failed  item  a.ts\n');
    const own = await runFake(['get', '9c1f'], {
      orchestrator: { find: () => Promise.resolve(child), events: () => Promise.resolve([]) },
    });
    expect(own.stdout).toContain(`parent     ${RUN_ID}, node fan, item 5\n`);
    expect(own.stdout).toContain('resume     signalbox resume 7c1f2a9e\n');
  });

  it('shows how the sub-runs of a node at work stand, as the run itself tells it', async () => {
    const child = aRecord({ parentRunId: RUN_ID, status: 'paused', metadata: { parent_node_id: 'each' } });
    const at = (counts: object) => {
      const node = { nodeId: 'each', kind: 'workflow', status: 'delegating', attempt: null };
      const nodes = [
        { ...node, nodeId: 'next', status: 'pending' },
        { ...node, children: counts },
      ];
      return {
        find: () => Promise.resolve(aRecord({ status: 'running' })),
        describe: () => Promise.resolve({ nodes } as unknown as RunDescription),
        events: () => Promise.resolve([]),
        children: () => Promise.resolve([child]),
      };
    };
    const some = at({ total: 10, open: 6, waiting: 2, ended: 3 });
    const { stdout } = await runFake(['get', '7c1f', '--verbose'], { orchestrator: some });
    expect(stdout).toContain('nodes\n  ◌ each\n      3 of 10 sub-runs done, 4 at work, 2 waiting at gates\n');
    const json = await runFake(['get', '7c1f', '--json'], { orchestrator: some });
    expect(JSON.parse(json.stdout)).toMatchObject({
      nodes: [{ node: 'each', status: 'running', children: { total: 10, open: 6, waiting: 2, ended: 3 } }],
    });
    const all = at({ total: 2, open: 1, waiting: 1, ended: 1 });
    const paused = await runFake(['get', '7c1f', '--verbose'], { orchestrator: all });
    expect(paused.stdout).toContain('nodes\n  ⏸ each\n      1 of 2 sub-runs done, 1 waiting at gates\n');
  });

  it('is one object with --json', async () => {
    const { stdout } = await runFake(['get', '7c1f', '--json'], { orchestrator });
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      runId: RUN_ID,
      workflow: 'fix-issue',
      status: 'failed',
      workingPath: '/home/me/repo',
      temporalWorkflowId: TEMPORAL_ID,
      output: null,
      error: { code: 'NODE_FAILED', message: 'node build failed\nbadly' },
      nodes: [
        { node: 'greet', status: 'completed', durationMs: 1_234, text: 'hello' },
        { node: 'late', status: 'skipped' },
      ],
    });
  });

  it.each([
    [{ by: 'me@laptop', nodeId: 'review', reason: 'not\nyet' }, 'by me@laptop at review: not yet'],
    [{ by: 'me@laptop', nodeId: null, reason: null }, 'by me@laptop'],
    [
      { by: null, nodeId: null, reason: 'cancelled in Temporal' },
      'by someone unnamed: cancelled in Temporal',
    ],
  ])('shows who ended a cancelled run, and why', async (cancellation, sentence) => {
    const cancelled = aRecord({ status: 'cancelled', metadata: { signalbox: { cancellation } } });
    const { stdout } = await runFake(['get', '7c1f'], {
      orchestrator: { find: () => Promise.resolve(cancelled), events: () => Promise.resolve([]) },
    });
    expect(stdout).toContain(`cancelled  ${sentence}\n`);
  });

  it('shows the result of a completed run, and how to answer a paused one', async () => {
    const completed = aRecord({ status: 'completed', metadata: { summary: 'all done' } });
    const shown = await runFake(['get', '7c1f'], {
      orchestrator: { ...orchestrator, find: () => Promise.resolve(completed) },
    });
    expect(shown.stdout).toContain('result     all done\n');
    const paused = aRecord({
      status: 'paused',
      metadata: { signalbox: { gates: [{ ...GATE, decisions: ['yes', 'no'], labels: { yes: 'Do\nit' } }] } },
    });
    const asked = await runFake(['get', '7c1f'], {
      orchestrator: { ...orchestrator, find: () => Promise.resolve(paused) },
    });
    expect(asked.stdout).toContain(
      '⏸ review waits for a decision: Ship it?\n  answer   signalbox respond 7c1f2a9e yes  # Do it\n  answer   signalbox respond 7c1f2a9e no\n',
    );
  });

  it('shows inputs, what the run says of its work, and sub-runs in the order of their items', async () => {
    const child = (index: number) =>
      aRecord({ userMessage: `item ${index}`, metadata: { parent_node_id: 'each', child_index: index } });
    const record = aRecord({ outcome: 'failed', metadata: { inputs: { who: 'Ada', depth: '3' } } });
    const { stdout } = await runFake(['get', '7c1f'], {
      orchestrator: {
        ...orchestrator,
        find: () => Promise.resolve(record),
        children: () => Promise.resolve([child(2), child(0), child(10), child(1)]),
      },
    });
    expect(stdout).toContain('inputs     who=Ada, depth=3\n');
    expect(stdout).toContain('outcome    failed\n');
    expect(stdout.match(/each\[\d+\]/g)).toEqual(['each[0]', 'each[1]', 'each[2]', 'each[10]']);
  });

  it('shows the question of a gate in its lines', async () => {
    const gates = [{ ...GATE, message: 'The plan:\n\n1. look\n2. leap\n' }];
    const paused = aRecord({ status: 'paused', metadata: { signalbox: { gates } } });
    const { stdout } = await runFake(['get', '7c1f'], {
      orchestrator: { ...orchestrator, find: () => Promise.resolve(paused) },
    });
    expect(stdout).toContain(
      '⏸ review waits for a decision:\n    The plan:\n    \n    1. look\n    2. leap\n  approve  signalbox',
    );
  });

  it.each([
    ['RUN_NOT_FOUND', 'no run has an id that begins with "zz"'],
    ['RUN_ID_AMBIGUOUS', '"7" fits several runs'],
  ] as const)('refuses with 64: %s', async (code, sentence) => {
    const find = () => Promise.reject(new RunError(code, sentence));
    const findQueued = () => Promise.resolve([]);
    const result = await runFake(['get', 'zz', '--json'], { orchestrator: { find, findQueued } });
    expect(result.exitCode).toBe(64);
    expect(JSON.parse(result.stdout)).toEqual({ ok: false, error: { code, message: sentence } });
  });
});

describe('a decision', () => {
  const deciding = (...descriptions: (RunDescription | null)[]) => {
    const asked: unknown[] = [];
    return {
      asked,
      orchestrator: {
        find: () => Promise.resolve(aRecord({ status: 'paused' })),
        describe: () => Promise.resolve(descriptions.shift() ?? null),
        decide: (runId: typeof RUN_ID, answer: { nodeId?: string; decision: string }) => {
          asked.push(answer);
          return Promise.resolve({ runId, nodeId: 'review', decision: answer.decision });
        },
      },
    };
  };

  it.each([
    [['approve', '7c1f'], { decision: 'approve' }],
    [['approve', '7c1f', 'looks', 'good'], { decision: 'approve', text: 'looks good' }],
    [
      ['approve', '7c1f', '--comment', 'ok', '--node', 'review'],
      { decision: 'approve', text: 'ok', nodeId: 'review' },
    ],
    [['reject', '7c1f', '--reason', 'no'], { decision: 'reject', text: 'no' }],
    [['respond', '7c1f', 'left', 'that', 'way'], { decision: 'left', text: 'that way' }],
    [['respond', '7c1f', 'left', '--text', 'so'], { decision: 'left', text: 'so' }],
    [['workflow', 'approve', '7c1f'], { decision: 'approve' }],
  ])('%j is taken to the run', async (argv, answer) => {
    const { asked, orchestrator } = deciding();
    const result = await runFake(argv, { orchestrator });
    expect(asked).toEqual([{ ...answer, by: 'me@laptop' }]);
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain(`✓ review: ${answer.decision} (run 7c1f2a9e, fix-issue)`);
  });

  it('is one object with --json', async () => {
    const { stdout } = await runFake(['approve', '7c1f', '--json'], deciding());
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      runId: RUN_ID,
      workflow: 'fix-issue',
      status: 'paused',
      workingPath: '/home/me/repo',
      temporalWorkflowId: TEMPORAL_ID,
      output: null,
      node: 'review',
      decision: 'approve',
    });
  });

  it.each([
    ['GATE_NOT_WAITING', 1],
    ['GATE_AMBIGUOUS', 64],
    ['DECISION_UNDECLARED', 64],
    ['DECISION_ALREADY_MADE', 1],
    ['RUN_CLOSED', 1],
  ] as const)('that is refused with %s ends with %i, as JSON, too', async (code, exitCode) => {
    const { orchestrator } = deciding();
    const decide = () => Promise.reject(new RunError(code, 'no'));
    const result = await runFake(['approve', '7c1f', '--json'], {
      orchestrator: { ...orchestrator, decide },
    });
    expect(result.exitCode).toBe(exitCode);
    expect(JSON.parse(result.stdout)).toEqual({
      ok: false,
      runId: RUN_ID,
      workflow: 'fix-issue',
      status: 'paused',
      workingPath: '/home/me/repo',
      temporalWorkflowId: TEMPORAL_ID,
      output: null,
      error: { code, message: 'no' },
    });
  });

  const waitingAt = (...nodeIds: string[]) =>
    aDescription({ status: 'paused', waiting: nodeIds.map((nodeId) => ({ ...GATE, nodeId })) });

  it.each([
    ['the only gate that waits', [waitingAt('review')], { nodeId: 'review' }],
    ['none, for the run to refuse, while several wait', [waitingAt('review', 'other')], {}],
    ['the gate that the row shows, when the run does not answer', [null], { nodeId: 'shown' }],
  ])('without a name is meant for %s', async (_what, descriptions, meant) => {
    const { asked, orchestrator } = deciding(...descriptions);
    const gates = [{ ...GATE, nodeId: 'shown' }];
    const find = () => Promise.resolve(aRecord({ status: 'paused', metadata: { signalbox: { gates } } }));
    await runFake(['approve', '7c1f'], { orchestrator: { ...orchestrator, find } });
    expect(asked).toEqual([{ ...meant, decision: 'approve', by: 'me@laptop' }]);
  });

  it.each([
    ['goes on', aDescription(), 'running', 'follow   signalbox logs -f 7c1f2a9e'],
    ['waits again', waitingAt('next'), 'paused', 'follow   signalbox logs -f 7c1f2a9e'],
    ['is over', aDescription({ status: 'cancelled' }), 'cancelled', 'see      signalbox get 7c1f2a9e'],
  ])('tells that the run %s after it', async (_what, after, status, next) => {
    const words = await runFake(['reject', '7c1f'], deciding(waitingAt('review'), after));
    expect(words.stdout).toBe(`✓ review: reject (run 7c1f2a9e, fix-issue)\n  ${next}\n`);
    const json = await runFake(['reject', '7c1f', '--json'], deciding(waitingAt('review'), after));
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, status });
  });
});
