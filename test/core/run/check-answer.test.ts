import { describe, expect, it } from 'vitest';
import { checkAnswer, type AnswerRequest } from '../../../src/core/run/check-answer.js';
import type { RunEvent } from '../../../src/core/run/run-state.js';
import { aBashNode, aDefinition, aGate } from '../../support/builders.js';
import {
  cancelRequested,
  gateDecided,
  gateOpened,
  gateTimedOut,
  nodeSkipped,
  stateAfter,
} from '../../support/run-events.js';

const definition = aDefinition([
  aGate('review'),
  aGate('ship', {
    decisions: [
      { id: 'approve', label: null },
      { id: 'later', label: 'Next week' },
    ],
    timeoutMs: 5000,
  }),
  aBashNode('build'),
]);
const [review, ship] = [gateOpened('review'), gateOpened('ship')];

function check(events: readonly RunEvent[], request: Partial<AnswerRequest>) {
  const state = stateAfter(definition, ...events);
  return checkAnswer(definition, state, { nodeId: null, decision: 'approve', text: null, ...request });
}

describe('an answer', () => {
  it.each([
    ['that names a waiting gate', [review, ship], { nodeId: 'ship', decision: 'later' }, 'ship'],
    ['that names none, while one waits', [review], {}, 'review'],
    ['with reject, at a gate that does not declare it', [ship], { decision: 'reject' }, 'ship'],
    ['after another gate was decided', [review, gateDecided('review', 'approve'), ship], {}, 'ship'],
  ])('%s is accepted', (_title, events, request, nodeId) => {
    expect(check(events, request)).toMatchObject({ kind: 'accepted', gate: { name: nodeId, place: [] } });
  });

  const approved = [review, gateDecided('review', 'approve')];
  it.each([
    [
      'names none, while several wait',
      [ship, review],
      {},
      'GATE_AMBIGUOUS',
      'review (approve, reject); ship (approve, later "Next week", reject)',
    ],
    ['names none, while none waits', [], {}, 'GATE_NOT_WAITING', 'no gate of the run waits now'],
    [
      'names none, after the only gate was decided',
      approved,
      {},
      'DECISION_ALREADY_MADE',
      "gate 'review' has been decided",
    ],
    ['comes after the run was cancelled', [review, cancelRequested()], {}, 'GATE_NOT_WAITING', 'being ended'],
    [
      'names a decided gate',
      [...approved, ship],
      { nodeId: 'review' },
      'DECISION_ALREADY_MADE',
      'What waits: ship (approve, later "Next week", reject)',
    ],
    [
      'names a gate not reached',
      [],
      { nodeId: 'review' },
      'GATE_NOT_WAITING',
      'has not been reached yet. No gate waits now',
    ],
    [
      'names a skipped gate',
      [nodeSkipped('review')],
      { nodeId: 'review' },
      'GATE_NOT_WAITING',
      'was skipped',
    ],
    [
      'names a gate whose time is over',
      [ship, gateTimedOut('ship')],
      { nodeId: 'ship' },
      'GATE_NOT_WAITING',
      'not decided in time',
    ],
    [
      'names a gate that ended with its run',
      [review, cancelRequested()],
      { nodeId: 'review' },
      'GATE_NOT_WAITING',
      'has ended with its run',
    ],
    ['names a node that is no gate', [review], { nodeId: 'build' }, 'GATE_NOT_WAITING', "'build' is no gate"],
    [
      'names a node that does not exist',
      [review],
      { nodeId: 'nobody' },
      'GATE_NOT_WAITING',
      "no node 'nobody'",
    ],
    [
      'is undeclared',
      [ship],
      { decision: 'perhaps' },
      'DECISION_UNDECLARED',
      'Choose one of: approve, later "Next week", reject',
    ],
    ['is later, at a plain gate', [review], { decision: 'later' }, 'DECISION_UNDECLARED', 'approve, reject'],
    ['has a text above 16 KiB', [review], { text: '🚂'.repeat(4097) }, 'MESSAGE_INVALID', '16384 bytes'],
    ['has a NUL in its text', [review], { text: 'a\0b' }, 'MESSAGE_INVALID', 'NUL'],
  ])('that %s is refused', (...[, events, request, code, saying]) => {
    expect(check(events, request)).toMatchObject({
      kind: 'refused',
      code,
      message: expect.stringContaining(saying),
    });
  });
});
