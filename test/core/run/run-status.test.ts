import { describe, expect, it } from 'vitest';
import { mustStopAttempts, runStatus, waitingGates } from '../../../src/core/run/run-status.js';
import { aBashNode, aCancelNode, aDefinition, aGate, nodeId } from '../../support/builders.js';
import {
  attemptFailed,
  cancelRequested,
  gateDecided,
  gateOpened,
  nodeCompleted,
  nodeStarted,
  retryScheduled,
  runAborted,
  runFinished,
  second,
  stateAfter,
} from '../../support/run-events.js';

const retry = { maxAttempts: 1, delayMs: 1000, onError: 'all' } as const;
const definition = aDefinition([
  aGate('gate'),
  aBashNode('build', { retry }),
  aGate('other-gate'),
  aCancelNode('stop', { needs: ['gate'] }),
]);
const gates = [gateOpened('other-gate', second(1)), gateOpened('gate', second(2))];

describe('the status of a run', () => {
  it.each([
    ['running', 'at its beginning', []],
    ['running', 'while a node runs beside a gate', [...gates, nodeStarted('build')]],
    [
      'running',
      'while a node waits for its next attempt beside a gate',
      [...gates, nodeStarted('build'), attemptFailed('build'), retryScheduled('build', 2)],
    ],
    ['running', 'while something is due beside a gate', gates],
    [
      'paused',
      'when nothing but gates is left to wait for',
      [...gates, nodeStarted('build'), nodeCompleted('build')],
    ],
    ['cancelling', 'while what runs is being stopped', [nodeStarted('build'), cancelRequested()]],
    ['cancelling', 'while a broken run is being ended', [nodeStarted('build'), runAborted()]],
    ['completed', 'after its outcome', [runFinished({ status: 'completed', result: null })]],
  ] as const)('is %s %s', (status, _title, events) => {
    expect(runStatus(stateAfter(definition, ...events))).toBe(status);
  });
});

describe('selectors', () => {
  it('give the gate opened first at the front', () => {
    const state = stateAfter(definition, ...gates);
    expect(waitingGates(definition, state).map(({ node }) => node.id)).toEqual(['other-gate', 'gate']);
  });

  it('give gates that opened together in the order of the file', () => {
    const state = stateAfter(definition, gateOpened('other-gate'), gateOpened('gate'));
    expect(waitingGates(definition, state).map(({ node }) => node.id)).toEqual(['gate', 'other-gate']);
  });

  it('give no gate that has been decided or dropped', () => {
    const decided = stateAfter(definition, ...gates, gateDecided('gate', 'approve'));
    expect(waitingGates(definition, decided).map(({ node }) => node.id)).toEqual(['other-gate']);
    expect(waitingGates(definition, stateAfter(definition, ...gates, cancelRequested()))).toEqual([]);
  });
});

describe('attempts that run', () => {
  const reject = [...gates, nodeStarted('build'), gateDecided('gate', 'reject')];
  it.each([
    ['go on', 'while nobody ends the run', [nodeStarted('build')], false],
    [
      'go on',
      'beside a cancel node',
      [nodeStarted('build'), cancelRequested({ nodeId: nodeId('stop') })],
      false,
    ],
    ['are stopped', 'when a person cancels', [nodeStarted('build'), cancelRequested()], true],
    ['are stopped', 'when a reviewer rejects', reject, true],
    ['are stopped', 'when the run itself breaks', [nodeStarted('build'), runAborted()], true],
  ] as const)('%s %s', (_verdict, _title, events, expected) => {
    expect(mustStopAttempts(definition, stateAfter(definition, ...events))).toBe(expected);
  });
});
