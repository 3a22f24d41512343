import { describe, expect, it } from 'vitest';
import type { WorkflowDefinition } from '../../../src/core/definition/definition.js';
import { decide } from '../../../src/core/run/decide.js';
import { evolve, initialState } from '../../../src/core/run/evolve.js';
import type { Action, RunState } from '../../../src/core/run/run-state.js';
import { aBashNode, aCancelNode, aDefinition, aGate, anOutput, nodeId } from '../../support/builders.js';
import {
  attemptFailed,
  cancelRequested,
  nodeCompleted,
  nodeStarted,
  runFinished,
  stateAfter,
} from '../../support/run-events.js';

/** The state after these nodes ended so: completed with a text, or failed. */
function after(
  definition: WorkflowDefinition,
  ...ended: readonly (readonly [string, string | null])[]
): RunState {
  const events = ended.flatMap(([id, text]) => [
    nodeStarted(id),
    text === null ? attemptFailed(id) : nodeCompleted(id, text),
  ]);
  return stateAfter(definition, ...events);
}

const started = (actions: readonly Action[]): readonly string[] =>
  actions.map((action) => ('nodeId' in action ? `${action.type} ${action.nodeId}` : action.type));

describe('the schedule', () => {
  const graph = [
    aBashNode('slow'),
    aBashNode('quick'),
    aBashNode('behind-quick', { needs: ['quick'] }),
    aBashNode('reader', { needs: ['quick'], script: 'echo $slow.output' }),
  ];

  it('layers starts a layer when the one before has settled', () => {
    const definition = aDefinition(graph, { schedule: 'layers' });
    expect(started(decide(definition, initialState(definition, {})))).toEqual([
      'startNode slow',
      'startNode quick',
    ]);
    expect(started(decide(definition, after(definition, ['quick', 'x'])))).toEqual(['startNode slow']);
    expect(started(decide(definition, after(definition, ['quick', 'x'], ['slow', null])))).toEqual([
      'startNode behind-quick',
      'startNode reader',
    ]);
  });

  it('dataflow starts a node when its dependencies, and the earlier nodes that it refers to, have settled', () => {
    const definition = aDefinition(graph, { schedule: 'dataflow' });
    expect(started(decide(definition, after(definition, ['quick', 'x'])))).toEqual([
      'startNode slow',
      'startNode behind-quick',
    ]);
    expect(started(decide(definition, after(definition, ['slow', 'x'])))).toEqual(['startNode quick']);
  });

  it('dataflow waits for the nodes that a condition refers to', () => {
    const definition = aDefinition(
      [aBashNode('a'), aBashNode('b'), aBashNode('c', { needs: ['b'], when: "$a.output == 'x'" })],
      { schedule: 'dataflow' },
    );
    expect(started(decide(definition, after(definition, ['b', 'x'])))).toEqual(['startNode a']);
    expect(started(decide(definition, after(definition, ['a', 'x'], ['b', 'x'])))).toEqual(['startNode c']);
  });

  it.each(['layers', 'dataflow'] as const)('%s gives actions in the order of the file', (schedule) => {
    const definition = aDefinition([aBashNode('z', { needs: ['m'] }), aBashNode('m'), aBashNode('a')], {
      schedule,
    });
    expect(started(decide(definition, initialState(definition, {})))).toEqual(['startNode m', 'startNode a']);
  });
});

describe('a node whose turn has come', () => {
  const skip = (reason: string, expression: string | null = null) => [
    { type: 'skipNode', nodeId: 'b', reason, expression },
  ];

  it('is skipped when its join does not let it run, and its condition is not asked', () => {
    const definition = aDefinition([aBashNode('a'), aBashNode('b', { needs: ['a'], when: 'unreadable' })]);
    expect(decide(definition, after(definition, ['a', null]))).toEqual(skip('trigger_rule'));
  });

  it.each([
    ["$a.output == 'x'", 'x', [{ type: 'startNode', nodeId: 'b', attempt: 1 }]],
    ["$a.output == 'x'", 'y', skip('when_condition', "$a.output == 'x'")],
    ['$a.output > 3', 'many', skip('when_condition_parse_error', '$a.output > 3')],
    ['is it so', 'x', skip('when_condition_parse_error', 'is it so')],
  ])('with the condition %s after %s', (when, output, expected) => {
    const definition = aDefinition([aBashNode('a'), aBashNode('b', { needs: ['a'], when })]);
    expect(decide(definition, after(definition, ['a', output]))).toEqual(expected);
  });

  it('fails when its condition refers to a failed node', () => {
    const definition = aDefinition([
      aBashNode('a'),
      aBashNode('b', { needs: ['a'], when: "$a.output == 'x'", triggerRule: 'all_done' }),
    ]);
    expect(decide(definition, after(definition, ['a', null]))).toEqual([
      {
        type: 'refuseNode',
        nodeId: 'b',
        failure: {
          code: 'REFERENCE_UNRESOLVED',
          message: expect.stringMatching(/^Node 'b' failed before execution: '\$a\.output' /),
        },
      },
    ]);
  });

  it('reads inputs in its condition, and fails on one that was not given, naming those that were', () => {
    const definition = aDefinition([
      aBashNode('a', { when: "$INPUTS.mode == 'fast'" }),
      aBashNode('b', { when: "$INPUTS.speed == 'fast'" }),
    ]);
    const actions = decide(definition, initialState(definition, { mode: 'fast' }));
    expect(started(actions)).toEqual(['startNode a', 'refuseNode b']);
    expect(actions[1]).toMatchObject({ failure: { message: expect.stringContaining('$INPUTS.mode') } });
  });

  it('opens a gate with the references of its message filled in, and nothing else', () => {
    const definition = aDefinition([
      aBashNode('a'),
      aGate('b', { needs: ['a'], message: 'Ship $a.output to $BASE_BRANCH?', timeoutMs: 5000 }),
    ]);
    expect(decide(definition, after(definition, ['a', '$a.output; v2']))).toEqual([
      { type: 'openGate', nodeId: 'b', message: 'Ship $a.output; v2 to $BASE_BRANCH?', timeoutMs: 5000 },
    ]);
  });

  it('clips a message that nobody could read, without halving a character', () => {
    const definition = aDefinition([aGate('a', { message: `x${'🚂'.repeat(20_000)}` })]);
    const [action] = decide(definition, initialState(definition, {}));
    expect(action).toMatchObject({
      message: expect.stringMatching(/^x(🚂)+… \(clipped: 40001 characters\)$/u),
    });
  });

  it.each(['approval', 'cancel'] as const)(
    'fails when the text of its %s refers to a failed node',
    (kind) => {
      const own = { needs: ['a'], triggerRule: 'all_done' } as const;
      const text = '$a.output';
      const node =
        kind === 'approval'
          ? aGate('b', { ...own, message: text })
          : aCancelNode('b', { ...own, reason: text });
      const definition = aDefinition([aBashNode('a'), node]);
      expect(decide(definition, after(definition, ['a', null]))).toMatchObject([
        { type: 'refuseNode', nodeId: 'b', failure: { code: 'REFERENCE_UNRESOLVED' } },
      ]);
    },
  );
});

describe('a cancel node', () => {
  const definition = aDefinition([
    aCancelNode('stop', { reason: 'no work' }),
    aCancelNode('stop-too', { reason: 'no work either' }),
    aBashNode('sibling'),
    aBashNode('later', { needs: ['sibling'] }),
  ]);

  it('R4: comes after its siblings, once', () => {
    expect(decide(definition, initialState(definition, {}))).toEqual([
      { type: 'startNode', nodeId: 'sibling', attempt: 1 },
      { type: 'cancelRun', cancellation: { by: null, reason: 'no work', nodeId: 'stop' } },
    ]);
  });

  it('R2: lets its siblings finish, starts nothing more, and then the run ends as cancelled', () => {
    const cancellation = { by: null, reason: 'no work', nodeId: nodeId('stop') };
    const ending = stateAfter(definition, nodeStarted('sibling'), cancelRequested(cancellation));
    expect(decide(definition, ending)).toEqual([]);
    const done = evolve(definition, ending, nodeCompleted('sibling'));
    expect(decide(definition, done)).toEqual([
      { type: 'finish', outcome: { status: 'cancelled', cancellation } },
    ]);
  });
});

describe('a run', () => {
  const definition = aDefinition([aBashNode('a')]);

  it('finishes when every node has settled', () => {
    expect(decide(definition, after(definition, ['a', 'x']))).toEqual([
      { type: 'finish', outcome: { status: 'completed', result: anOutput('x') } },
    ]);
  });

  it('has nothing to do after its outcome', () => {
    const outcome = { status: 'completed', result: null } as const;
    const finished = evolve(definition, after(definition, ['a', 'x']), runFinished(outcome));
    expect(decide(definition, finished)).toEqual([]);
  });

  it('has nothing to do while it waits', () => {
    const running = stateAfter(definition, nodeStarted('a'));
    expect(decide(definition, running)).toEqual([]);
  });
});
