import { describe, expect, it } from 'vitest';
import { isRejected, outcomeOf } from '../../../src/core/run/outcome.js';
import type { RunEvent, RunOutcome } from '../../../src/core/run/run-state.js';
import {
  aBashNode,
  aCancelNode,
  aDefinition,
  aFileOutput,
  aGate,
  anOutput,
  nodeId,
} from '../../support/builders.js';
import {
  attemptFailed,
  nodeCompleted,
  nodeSkipped,
  nodeStarted,
  stateAfter,
} from '../../support/run-events.js';

const done = (id: string, output: Parameters<typeof nodeCompleted>[1] = 'done') => [
  nodeStarted(id),
  nodeCompleted(id, output),
];
const failed = (id: string, message: string) => [nodeStarted(id), attemptFailed(id, { message })];
const threeNodes = aDefinition([aBashNode('a'), aBashNode('b'), aBashNode('c')]);

function outcome(events: readonly RunEvent[], definition = threeNodes): RunOutcome {
  return outcomeOf(definition, stateAfter(definition, ...events));
}

describe('how a run ends', () => {
  it.each([
    [
      'nothing completed, some failed',
      [...failed('a', 'no'), ...failed('b', 'nor this'), nodeSkipped('c')],
      "DAG workflow 'fix-issue' failed: node(s) a, b failed. 1 downstream node was skipped. 'a': no; 'b': nor this",
    ],
    [
      'nothing completed, one failed, two skipped',
      [...failed('a', 'no'), nodeSkipped('b'), nodeSkipped('c')],
      "DAG workflow 'fix-issue' failed: node(s) a failed. 2 downstream nodes were skipped. 'a': no",
    ],
    [
      'all skipped',
      [nodeSkipped('a'), nodeSkipped('b'), nodeSkipped('c')],
      "DAG workflow 'fix-issue' completed with no successful nodes. All 3 were skipped: look at their when conditions and trigger rules.",
    ],
    [
      'something completed, something failed',
      [...done('a'), ...failed('b', 'no'), ...failed('c', 'nor this')],
      "DAG workflow 'fix-issue' completed with failures: 'b': no; 'c': nor this",
    ],
  ])('%s: as failed, with the reason', (_title, events, message) => {
    expect(outcome(events)).toEqual({ status: 'failed', failure: { code: 'RUN_FAILED', message } });
  });

  it('names at most twenty failures', () => {
    const ids = Array.from({ length: 25 }, (_, index) => `n${index}`);
    const definition = aDefinition([aBashNode('fine'), ...ids.map((id) => aBashNode(id))]);
    const end = outcome([...done('fine'), ...ids.flatMap((id) => failed(id, 'no'))], definition);
    expect(end).toMatchObject({ failure: { message: expect.stringMatching(/'n19': no; and 5 more$/) } });
  });

  it('as completed when a node completed and every other was skipped', () => {
    expect(outcome([...done('a'), nodeSkipped('b'), nodeSkipped('c')])).toMatchObject({
      status: 'completed',
    });
  });

  it('as failed when a node failed, even if a join recovered from it', () => {
    const definition = aDefinition([
      aBashNode('a'),
      aBashNode('b', { needs: ['a'], triggerRule: 'all_done' }),
    ]);
    expect(outcome([...failed('a', 'no'), ...done('b')], definition)).toMatchObject({ status: 'failed' });
  });
});

describe('the result of a run', () => {
  const definition = aDefinition([
    aBashNode('last', { needs: ['first'] }),
    aBashNode('first'),
    aBashNode('other', { needs: ['first'] }),
  ]);

  it.each([
    ['the first sink in the order of the file', [...done('last', 'L'), ...done('other', 'O')], anOutput('L')],
    ['the next one where the first is blank', [...done('last', ' \n'), ...done('other', 'O')], anOutput('O')],
    ['the next one where the first was skipped', [nodeSkipped('last'), ...done('other', 'O')], anOutput('O')],
    [
      'an output in a file',
      [...done('last', aFileOutput(20_000)), ...done('other', 'O')],
      aFileOutput(20_000),
    ],
    ['nothing where all sinks are blank', [...done('last', ''), ...done('other', '')], null],
  ])('is %s', (_title, events, expected) => {
    expect(outcome([...done('first', 'not a sink'), ...events], definition)).toEqual({
      status: 'completed',
      result: expected,
    });
  });
});

describe('a reject by a reviewer', () => {
  const definition = aDefinition([aGate('gate'), aCancelNode('stop')]);
  const cancelledBy = (id: string | null): RunOutcome => ({
    status: 'cancelled',
    cancellation: { by: 'me', reason: null, nodeId: id === null ? null : nodeId(id) },
  });

  it.each([
    ['a gate', cancelledBy('gate'), true],
    ['a cancel node', cancelledBy('stop'), false],
    ['a person', cancelledBy(null), false],
    ['nobody', { status: 'completed', result: null }, false],
  ] as const)('is told from a run that was ended by %s', (_title, end, expected) => {
    expect(isRejected(definition, end)).toBe(expected);
  });
});
