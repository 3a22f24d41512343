import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/run/decide.js';
import { evolve, initialState } from '../../../src/core/run/evolve.js';
import type { RunEvent } from '../../../src/core/run/run-state.js';
import { aBashNode, aDefinition, aFailure, aGate, anOutput } from '../../support/builders.js';
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

const retry = { maxAttempts: 1, delayMs: 1000, onError: 'transient' } as const;
const definition = aDefinition([
  aBashNode('plain'),
  aBashNode('stubborn', { retry }),
  aGate('gate', { timeoutMs: 5000 }),
  aBashNode('later', { needs: ['plain'] }),
]);
const nodeOf = (id: string, ...events: readonly RunEvent[]) =>
  stateAfter(definition, ...events).nodes[definition.nodes.findIndex((node) => node.id === id)];

const interrupted = { code: 'NODE_INTERRUPTED', message: 'worker lost' } as const;
const stubbornFailed = [nodeStarted('stubborn'), attemptFailed('stubborn', interrupted)];
const stubbornAgain = [...stubbornFailed, retryScheduled('stubborn', 2), nodeStarted('stubborn', 2)];

describe('a node', () => {
  it.each([
    ['runs', 'plain', [nodeStarted('plain')], { status: 'running', attempt: 1 }],
    [
      'completes',
      'plain',
      [nodeStarted('plain'), nodeCompleted('plain', 'x')],
      { status: 'completed', attempt: 1, output: anOutput('x') },
    ],
    [
      'without retry fails with its first attempt',
      'plain',
      [nodeStarted('plain'), attemptFailed('plain', interrupted)],
      { status: 'failed', attempt: 1, failure: interrupted },
    ],
    [
      'with retry waits for its next attempt',
      'stubborn',
      stubbornFailed,
      { status: 'retrying', attempt: 2, delayMs: 1000, isScheduled: false, lastFailure: interrupted },
    ],
    [
      'knows that its timer runs',
      'stubborn',
      stubbornAgain.slice(0, 3),
      { status: 'retrying', isScheduled: true },
    ],
    ['runs again', 'stubborn', stubbornAgain, { status: 'running', attempt: 2 }],
    [
      'completes with a later attempt',
      'stubborn',
      [...stubbornAgain, nodeCompleted('stubborn', 'x', 2)],
      { status: 'completed', attempt: 2 },
    ],
    [
      'fails when its attempts are used up',
      'stubborn',
      [...stubbornAgain, attemptFailed('stubborn', interrupted, 2)],
      { status: 'failed', attempt: 2, failure: interrupted },
    ],
    [
      'with retry fails at once when the failure is not transient',
      'stubborn',
      [nodeStarted('stubborn'), attemptFailed('stubborn', { message: 'no idea' })],
      { status: 'failed', attempt: 1 },
    ],
    ['is skipped', 'plain', [nodeSkipped('plain')], { status: 'skipped', reason: 'trigger_rule' }],
    ['fails before it could start', 'plain', [nodeRefused('plain')], { status: 'failed', attempt: 0 }],
    [
      'waits for a person',
      'gate',
      [gateOpened('gate')],
      { status: 'waiting', message: 'Go on with gate?', openedAt: second(1) },
    ],
    [
      'goes on when decided',
      'gate',
      [gateOpened('gate'), gateDecided('gate', 'approve')],
      { status: 'completed' },
    ],
    [
      'fails when nobody decides in time',
      'gate',
      [gateOpened('gate'), gateTimedOut('gate')],
      {
        status: 'failed',
        failure: { code: 'GATE_TIMED_OUT', message: "Gate 'gate' was not decided within 5000 ms" },
      },
    ],
    [
      'is dropped when its reviewer rejects',
      'gate',
      [gateOpened('gate'), gateDecided('gate', 'reject')],
      { status: 'dropped' },
    ],
  ] as const)('%s', (_title, id, events, expected) => {
    expect(nodeOf(id, ...events)).toMatchObject(expected);
  });
});

describe('R5: an event that does not fit gives back the very state that went in', () => {
  it.each([
    ['an attempt begins twice', [nodeStarted('plain')], nodeStarted('plain')],
    ['a second attempt begins unasked', [], nodeStarted('plain', 2)],
    ['a node begins before its dependencies have settled', [], nodeStarted('later')],
    ['a node is skipped before its turn', [], nodeSkipped('later')],
    ['a node completes that does not run', [], nodeCompleted('plain')],
    ['an earlier attempt comes back late', stubbornAgain, nodeCompleted('stubborn', 'late', 1)],
    ['an earlier attempt fails late', stubbornAgain, attemptFailed('stubborn', interrupted, 1)],
    ['a retry begins before its timer', stubbornFailed, nodeStarted('stubborn', 2)],
    ['a retry is scheduled twice', stubbornAgain.slice(0, 3), retryScheduled('stubborn', 2)],
    ['another attempt than the next is scheduled', stubbornFailed, retryScheduled('stubborn', 3)],
    ['another attempt than the scheduled begins', stubbornAgain.slice(0, 3), nodeStarted('stubborn', 3)],
    ['a node begins while the run is being ended', [cancelRequested()], nodeStarted('plain')],
    ['a gate opens while the run is being ended', [runAborted()], gateOpened('gate')],
    ['a gate is decided that is not open', [], gateDecided('gate', 'approve')],
    [
      'a gate is decided twice',
      [gateOpened('gate'), gateDecided('gate', 'approve')],
      gateDecided('gate', 'reject'),
    ],
    [
      'a gate times out that has been decided',
      [gateOpened('gate'), gateDecided('gate', 'approve')],
      gateTimedOut('gate'),
    ],
    ['a gate is given an undeclared decision', [gateOpened('gate')], gateDecided('gate', 'perhaps')],
    ['a node that is no gate is decided', [nodeStarted('plain')], gateDecided('plain', 'approve')],
    ['the run starts twice', [runStarted()], runStarted(second(9))],
    ['the run is cancelled twice', [cancelRequested()], cancelRequested({ by: 'somebody else' })],
    ['the run breaks twice', [runAborted()], runAborted()],
  ])('%s', (_title, events, misfit) => {
    const state = stateAfter(definition, ...events);
    expect(evolve(definition, state, misfit)).toBe(state);
  });
});

describe('a run', () => {
  it('is refused an event for a node that it does not have', () => {
    expect(() => evolve(definition, initialState(definition, {}), nodeStarted('nobody'))).toThrow(
      expect.objectContaining({
        code: 'EVENT_FOR_UNKNOWN_NODE',
        message: expect.stringContaining("'nobody'"),
      }),
    );
  });

  it('knows when it started, and what was decided last', () => {
    const state = stateAfter(
      definition,
      runStarted(),
      gateOpened('gate'),
      gateDecided('gate', 'approve', { text: 'fine' }),
    );
    expect(state.startedAt).toBe(second(0));
    expect(state.lastDecision).toEqual({
      nodeId: 'gate',
      message: 'Go on with gate?',
      answer: { decision: 'approve', text: 'fine', by: 'me' },
    });
  });

  it.each([runStarted(), nodeStarted('plain'), cancelRequested(), runAborted(), gateOpened('gate')])(
    'R6: takes nothing after its outcome: $type',
    (event) => {
      const state = stateAfter(definition, runFinished({ status: 'completed', result: null }));
      expect(evolve(definition, state, event)).toBe(state);
    },
  );
});

describe('a run that is being ended early', () => {
  const busy = [...stubbornFailed, nodeStarted('plain'), gateOpened('gate')];

  it.each([cancelRequested(), runAborted()])(
    'R8: drops its gates and fails what waits for another attempt: $type',
    (end) => {
      const { nodes, progress } = stateAfter(definition, ...busy, end);
      expect(nodes.map(({ status }) => status)).toEqual(['running', 'failed', 'dropped', 'pending']);
      expect(nodes[1]).toEqual({ status: 'failed', attempt: 1, failure: interrupted });
      expect(progress.active).toEqual([0]);
    },
  );

  it('R8: does not try again what fails now', () => {
    const state = stateAfter(
      definition,
      nodeStarted('stubborn'),
      cancelRequested(),
      attemptFailed('stubborn', { code: 'NODE_INTERRUPTED' }),
    );
    expect(state.nodes[1]).toMatchObject({ status: 'failed', attempt: 1 });
  });

  it('ends as cancelled when a person cancels, once nothing is active', () => {
    const stopped = attemptFailed('plain', { code: 'RUN_CANCELLED' });
    const state = stateAfter(definition, nodeStarted('plain'), cancelRequested());
    expect(decide(definition, state)).toEqual([]);
    expect(decide(definition, evolve(definition, state, stopped))).toEqual([
      {
        type: 'finish',
        outcome: { status: 'cancelled', cancellation: { by: 'me', reason: 'wrong branch', nodeId: null } },
      },
    ]);
  });

  it('ends as cancelled by its gate when a reviewer rejects', () => {
    const state = stateAfter(
      definition,
      gateOpened('gate'),
      gateDecided('gate', 'reject', { text: 'not yet' }),
    );
    expect(state.cancellation).toEqual({ by: 'me', reason: 'not yet', nodeId: 'gate' });
    expect(decide(definition, state)).toMatchObject([{ type: 'finish', outcome: { status: 'cancelled' } }]);
  });

  it('ends as failed when the run itself broke, whoever cancelled before', () => {
    const state = stateAfter(definition, cancelRequested(), runAborted());
    expect(decide(definition, state)).toEqual([
      {
        type: 'finish',
        outcome: { status: 'failed', failure: aFailure({ code: 'INTERNAL', message: 'broken' }) },
      },
    ]);
  });
});
