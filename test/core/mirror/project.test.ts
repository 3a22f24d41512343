import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../src/core/json.js';
import { progressRow, project } from '../../../src/core/mirror/project.js';
import { isTerminal, type EventRow, type RunProgressRow } from '../../../src/core/mirror/rows.js';
import { evolve } from '../../../src/core/run/evolve.js';
import type { RunEvent } from '../../../src/core/run/run-state.js';
import {
  aBashNode,
  aCancelNode,
  aDefinition,
  aFileOutput,
  aGate,
  nodeId,
  someFacts,
} from '../../support/builders.js';
import {
  attemptFailed,
  cancelRequested,
  gateDecided,
  gateOpened,
  gateTimedOut,
  nodeCompleted,
  nodeRefused,
  nodeSkipped,
  nodeStarted,
  retryScheduled,
  runAborted,
  runFinished,
  runStarted,
  second,
  stateAfter,
} from '../../support/run-events.js';
import { pace, randomDrafts, wildWorld } from '../run/random-runs.js';
import { simulate } from '../run/simulate.js';

const decisions = [
  { id: 'approve', label: null },
  { id: 'reject', label: 'No' },
  { id: 'later', label: null },
];
const definition = aDefinition([
  aBashNode('build', { retry: { maxAttempts: 1, delayMs: 1000, onError: 'all' } }),
  aGate('plain', { captureResponse: true, timeoutMs: 5000 }),
  aGate('declared', { decisions }),
  aCancelNode('stop', { needs: ['build'] }),
]);
const facts = someFacts(definition, { baseBranch: 'main', details: { containment: 3 } });

/** What the last of these events writes. */
function written(...events: readonly RunEvent[]) {
  const before = stateAfter(definition, ...events.slice(0, -1));
  const event = events.at(-1)!;
  const { events: rows, results } = project(facts, event, evolve(definition, before, event));
  expect(rows.every(({ createdAt }) => createdAt === event.at)).toBe(true);
  return { rows: rows.map(({ eventType, nodeName, data }) => [eventType, nodeName, data]), results };
}

const opened = (id: string) => [gateOpened(id)];
const completedOutcome = { status: 'completed', result: null } as const;
const cancellation = { by: 'me', reason: 'no work', nodeId: nodeId('stop') };

describe('an event of the run in the events table', () => {
  it.each([
    [
      'the start',
      [runStarted()],
      [
        [
          'workflow_started',
          null,
          {
            workflowName: 'fix-issue',
            defaultAssistant: null,
            provider: null,
            model: null,
            isolationMode: 'in-place',
            baseBranch: 'main',
            userId: null,
            userMessage: 'fix the login page',
            origin: 'signalbox',
          },
        ],
      ],
    ],
    [
      'a node that starts',
      [nodeStarted('build')],
      [['node_started', 'build', { type: 'bash', signalbox: { attempt: 1 } }]],
    ],
    [
      'a node that completes',
      [nodeStarted('build'), nodeCompleted('build', 'done')],
      [
        [
          'node_completed',
          'build',
          { duration_ms: 12, type: 'bash', node_output: 'done', signalbox: { attempt: 1 } },
        ],
      ],
    ],
    [
      'a large output, clipped as Archon marks it',
      [nodeStarted('build'), nodeCompleted('build', aFileOutput(50_000))],
      [
        [
          'node_completed',
          'build',
          {
            duration_ms: 12,
            type: 'bash',
            node_output: 'beginning… [truncated; original output was 50000 bytes]',
            node_output_truncated: true,
            node_output_original_bytes: 50_000,
            node_output_spill_path: '/artifacts/outputs/a.1',
            signalbox: { attempt: 1 },
          },
        ],
      ],
    ],
    [
      'an attempt that fails, although another follows',
      [nodeStarted('build'), attemptFailed('build', { message: 'no' })],
      [
        [
          'node_failed',
          'build',
          { error: 'no', type: 'bash', signalbox: { attempt: 1, code: 'NODE_FAILED', duration_ms: 12 } },
        ],
      ],
    ],
    ['a retry that waits', [nodeStarted('build'), attemptFailed('build'), retryScheduled('build', 2)], []],
    [
      'a node that fails before it starts, without a type',
      [nodeRefused('build')],
      [
        [
          'node_failed',
          'build',
          {
            error: "Node 'build' failed before execution: no value",
            signalbox: { attempt: 0, code: 'REFERENCE_UNRESOLVED' },
          },
        ],
      ],
    ],
    ['a join that skips', [nodeSkipped('build')], [['node_skipped', 'build', { reason: 'trigger_rule' }]]],
    [
      'a condition that skips',
      [nodeSkipped('build', "$a.output == 'x'")],
      [['node_skipped', 'build', { reason: 'when_condition', expr: "$a.output == 'x'" }]],
    ],
    [
      'a gate that opens',
      opened('plain'),
      [['approval_requested', 'plain', { message: 'Go on with plain?' }]],
    ],
    [
      'an approval',
      [...opened('plain'), gateDecided('plain', 'approve', { text: 'fine' })],
      [
        ['node_completed', 'plain', { node_output: 'fine', approval_decision: 'approved' }],
        ['approval_received', 'plain', { decision: 'approved', comment: 'fine', signalbox: { by: 'me' } }],
      ],
    ],
    [
      'an approval at a gate with decisions',
      [...opened('declared'), gateDecided('declared', 'approve')],
      [
        [
          'node_completed',
          'declared',
          {
            node_output: '{"decision":"approve","text":""}',
            approval_decision: 'approved',
            structured_output: { decision: 'approve', text: '' },
          },
        ],
        [
          'approval_received',
          'declared',
          { decision: 'approved', comment: 'Approved', signalbox: { by: 'me' } },
        ],
      ],
    ],
    [
      'a declared reject',
      [...opened('declared'), gateDecided('declared', 'reject', { text: 'no' })],
      [
        [
          'node_completed',
          'declared',
          {
            node_output: '{"decision":"reject","text":"no"}',
            approval_decision: 'rejected',
            structured_output: { decision: 'reject', text: 'no' },
          },
        ],
        ['approval_received', 'declared', { decision: 'rejected', reason: 'no', signalbox: { by: 'me' } }],
      ],
    ],
    [
      'another declared decision',
      [...opened('declared'), gateDecided('declared', 'later')],
      [
        [
          'node_completed',
          'declared',
          {
            node_output: '{"decision":"later","text":""}',
            approval_decision: 'later',
            structured_output: { decision: 'later', text: '' },
          },
        ],
        ['approval_received', 'declared', { decision: 'later', comment: 'later', signalbox: { by: 'me' } }],
      ],
    ],
    [
      'a reject that ends the run',
      [...opened('plain'), gateDecided('plain', 'reject')],
      [['approval_received', 'plain', { decision: 'rejected', reason: 'Rejected', signalbox: { by: 'me' } }]],
    ],
    [
      'a gate that nobody decided in time',
      [...opened('plain'), gateTimedOut('plain')],
      [
        [
          'node_failed',
          'plain',
          {
            error: "Gate 'plain' was not decided within 5000 ms",
            type: 'approval',
            signalbox: { code: 'GATE_TIMED_OUT' },
          },
        ],
      ],
    ],
    ['a wish to cancel', [cancelRequested()], []],
    ['a broken run', [runAborted()], []],
    [
      'the end of a completed run',
      [runStarted(), runFinished(completedOutcome)],
      [['workflow_completed', null, { duration_ms: 5000 }]],
    ],
    [
      'the end of a failed run',
      [runFinished({ status: 'failed', failure: { code: 'RUN_FAILED', message: 'a failed' } })],
      [['workflow_failed', null, { error: 'a failed', signalbox: { code: 'RUN_FAILED' } }]],
    ],
    [
      'the end of a run that a node cancelled',
      [runFinished({ status: 'cancelled', cancellation })],
      [['workflow_cancelled', 'stop', { reason: 'no work', signalbox: { by: 'me' } }]],
    ],
    [
      'the end of a run cancelled without a reason',
      [runFinished({ status: 'cancelled', cancellation: { by: null, reason: null, nodeId: null } })],
      [['workflow_cancelled', null, { reason: 'Cancelled', signalbox: { by: null } }]],
    ],
  ] as const)('%s', (_title, events, expected) => {
    expect(written(...events).rows).toEqual(expected);
  });
});

describe('the results kept for a resume', () => {
  it('are the outputs of completed nodes and decided gates', () => {
    const output = { text: { kind: 'inline', text: 'done' }, fields: null };
    expect(written(nodeStarted('build'), nodeCompleted('build', 'done')).results).toEqual([
      { nodeId: 'build', attempt: 1, output },
    ]);
    expect(written(...opened('plain'), gateDecided('plain', 'approve')).results).toMatchObject([
      { nodeId: 'plain', attempt: 1, output: { text: { text: 'Approved' } } },
    ]);
  });

  it.each([
    ['a failed attempt', [nodeStarted('build'), attemptFailed('build')]],
    ['a reject that ends the run', [...opened('plain'), gateDecided('plain', 'reject')]],
  ])('have none of %s', (_title, events) => {
    expect(written(...events).results).toEqual([]);
  });
});

describe("a run's row", () => {
  const rowAfter = (...events: readonly RunEvent[]) =>
    progressRow(facts, stateAfter(definition, ...events), second(9));

  it('of a run that has just begun is whole, and does not fit what Archon could continue', () => {
    expect(rowAfter(runStarted())).toEqual({
      status: 'running',
      completedAt: null,
      lastActivityAt: second(9),
      metadata: {
        workflow_source: { version: 99, owner: 'signalbox' },
        error: null,
        summary: null,
        node_counts: null,
        signalbox: {
          containment: 3,
          hostId: '0123456789abcdef0123456789abcdef',
          uid: 1000,
          startedBy: 'me@laptop',
          temporalWorkflowId: 'run.68656deb43f8cbb6ed458b5101933cec.me-repo',
          gates: [],
          cancellation: null,
          isRejected: false,
          failureCode: null,
          resultFile: null,
        },
      },
    });
  });

  const built = [nodeStarted('build'), nodeCompleted('build', 'done')];

  it('shows the gate opened first, and lists all that wait', () => {
    const row = rowAfter(gateOpened('declared', second(1)), gateOpened('plain', second(2)), ...built);
    expect(row.metadata['approval']).toEqual({
      type: 'approval',
      nodeId: 'declared',
      message: 'Go on with declared?',
      captureResponse: false,
      decisions: [{ id: 'approve' }, { id: 'reject', label: 'No' }, { id: 'later' }],
      decisionsAuthored: true,
    });
    expect(row.metadata['signalbox']).toMatchObject({
      gates: [
        {
          nodeId: 'declared',
          message: 'Go on with declared?',
          decisions: ['approve', 'reject', 'later'],
          labels: { reject: 'No' },
          openedAt: second(1),
        },
        { nodeId: 'plain', decisions: ['approve', 'reject'] },
      ],
    });
  });

  it('shows the next gate after a decision, and the last decision when none waits', () => {
    const events = [
      gateOpened('plain', second(1)),
      gateOpened('declared', second(2)),
      gateDecided('plain', 'approve'),
    ];
    expect(rowAfter(...events).metadata).toMatchObject({
      approval: { nodeId: 'declared' },
      approval_response: 'approved',
      rejection_reason: '',
      rejection_count: 0,
    });
    expect(rowAfter(...events).metadata['approval']).not.toHaveProperty('resolved');
    expect(rowAfter(...events, gateDecided('declared', 'later')).metadata).toMatchObject({
      approval: { nodeId: 'declared', resolved: 'approved' },
      approval_response: 'later',
    });
  });

  it('shows a reject, and that it ended the run', () => {
    const events = [...opened('plain'), gateDecided('plain', 'reject', { text: 'not yet' })];
    const end = stateAfter(definition, ...events).cancellation!;
    const row = rowAfter(...events, runFinished({ status: 'cancelled', cancellation: end }));
    expect(row).toMatchObject({
      status: 'cancelled',
      completedAt: second(9),
      metadata: {
        error: null,
        approval: { nodeId: 'plain', resolved: 'rejected' },
        rejection_reason: 'not yet',
        rejection_count: 1,
        node_counts: { completed: 0, failed: 0, skipped: 0, total: 4 },
        signalbox: { isRejected: true, cancellation: { by: 'me', reason: 'not yet', nodeId: 'plain' } },
      },
    });
  });

  it.each([
    ['running', 'while a gate waits beside something that is due', opened('plain')],
    ['running', 'while it is being cancelled', [nodeStarted('build'), cancelRequested()]],
    ['paused', 'when nothing but gates is left', [...opened('plain'), ...opened('declared'), ...built]],
  ] as const)('is %s %s', (status, _title, events) => {
    expect(rowAfter(...events).status).toBe(status);
  });

  it('of a failed run has its error, code and counts', () => {
    const failure = { code: 'RUN_FAILED', message: 'a failed' } as const;
    const row = rowAfter(...built, nodeSkipped('plain'), runFinished({ status: 'failed', failure }));
    expect(row).toMatchObject({
      status: 'failed',
      metadata: {
        error: 'a failed',
        node_counts: { completed: 1, failed: 0, skipped: 1, total: 4 },
        signalbox: { failureCode: 'RUN_FAILED' },
      },
    });
  });

  it('of a completed run has its result, or the beginning of it and the way to the whole', () => {
    const inline = { text: { kind: 'inline', text: 'shipped' }, fields: null } as const;
    expect(rowAfter(runFinished({ status: 'completed', result: inline })).metadata).toMatchObject({
      summary: 'shipped',
      signalbox: { resultFile: null },
    });
    expect(
      rowAfter(runFinished({ status: 'completed', result: aFileOutput(50_000) })).metadata,
    ).toMatchObject({
      summary: 'beginning',
      signalbox: { resultFile: { path: '/artifacts/outputs/a.1', bytes: 50_000, sha256: 'ab'.repeat(32) } },
    });
  });
});

/** The tables as the mirror's adapter keeps them: an older write changes no row, a repeated one nothing. */
class Tables {
  row: { readonly seq: number; readonly value: RunProgressRow; readonly metadata: JsonObject } | null = null;
  readonly events = new Map<number, EventRow>();

  write(write: {
    readonly seq: number;
    readonly row: RunProgressRow;
    readonly events: readonly EventRow[];
  }): void {
    for (const event of write.events) this.events.set(event.seq, event);
    if (this.row !== null && write.seq <= this.row.seq) return;
    const metadata = { ...this.row?.metadata, ...write.row.metadata };
    this.row = { seq: write.seq, value: write.row, metadata };
  }

  content() {
    return { row: this.row, events: [...this.events.values()].sort((a, b) => a.seq - b.seq) };
  }
}

describe('the mirror of a random run', () => {
  const wild = fc.tuple(
    randomDrafts({ hasCancelNodes: true }),
    fc.nat(),
    pace,
    fc.array(fc.nat(), { minLength: 1 }),
  );

  it('ends the same in whatever order, and however often, its writes arrive', () => {
    fc.assert(
      fc.property(wild, ([drafts, seed, speeds, order]) => {
        const graph = aDefinition(drafts);
        const about = someFacts(graph);
        let seq = 0;
        const writes = simulate(graph, wildWorld(seed, speeds)).steps.map(({ event, after }) => {
          const events = project(about, event, after).events.map((row) => ({ ...row, seq: (seq += 1) }));
          return { seq, row: progressRow(about, after, event.at), events };
        });
        const told = writes.filter(({ events }) => events.length > 0);
        const [first] = told;
        const shuffled = told
          .flatMap((write, index) => [write, ...(index % 3 === 0 ? [write] : [])])
          .map((write, index) => ({ write, rank: order[index % order.length]! }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ write }) => write);
        const [inOrder, inDisorder] = [new Tables(), new Tables()];
        for (const write of told) inOrder.write(write);
        for (const write of [first!, ...shuffled]) inDisorder.write(write);
        expect(inDisorder.content()).toEqual(inOrder.content());
        expect(inOrder.row?.metadata).toEqual(told.at(-1)!.row.metadata);
      }),
      { numRuns: 300 },
    );
  });

  it('ends with a terminal row and event, tells each attempt from beginning to end, and has no SQL NULL metadata', () => {
    fc.assert(
      fc.property(wild, ([drafts, seed, speeds]) => {
        const graph = aDefinition(drafts);
        const { steps, state } = simulate(graph, wildWorld(seed, speeds));
        const rows = steps.flatMap(({ event, after }) => project(someFacts(graph), event, after).events);
        expect(rows[0]?.eventType).toBe('workflow_started');
        expect(rows.at(-1)?.eventType).toBe(`workflow_${state.outcome!.status}`);
        const last = progressRow(someFacts(graph), state, second(9));
        expect(isTerminal(last.status)).toBe(true);
        expect(JSON.parse(JSON.stringify(last))).toEqual(last);
        const attempts = rows.filter(({ data }) => isOfAttempt(data)).map(({ eventType }) => eventType);
        const started = attempts.filter((eventType) => eventType === 'node_started');
        expect(attempts.length).toBe(2 * started.length);
      }),
      { numRuns: 300 },
    );
  });
});

/** Of a program or a turn, but for the turns of loops, of which the loop tells. */
function isOfAttempt({ type, signalbox }: JsonObject): boolean {
  const attempt = isJsonObject(signalbox) ? signalbox['attempt'] : undefined;
  return (type === 'bash' || type === undefined) && typeof attempt === 'number' && attempt > 0;
}
