import { describe, expect, it } from 'vitest';
import type { LoopRules } from '../../../src/core/definition/definition.js';
import { checkAnswer } from '../../../src/core/run/check-answer.js';
import type { RunEvent, RunState } from '../../../src/core/run/run-state.js';
import { mustStopAttempts, runStatus, waitingGates } from '../../../src/core/run/run-status.js';
import {
  aBashNode,
  aCancelNode,
  aDefinition,
  aFailure,
  aFileOutput,
  aGate,
  aLoopGroup,
  anOutput,
  nodeId,
  type NodeDraft,
} from '../../support/builders.js';
import {
  cancelRequested,
  gateOpened,
  nodeCompleted,
  nodeStarted,
  stateAfter,
} from '../../support/run-events.js';
import { toldFrom } from '../../../src/core/run/place.js';
import { simulate, type Story, type World } from './simulate.js';

const script = { kind: 'inline', text: 'test -f done' } as const;

/** A loop `g` whose body is `b`, which says what it is given, one text after the other. */
function loopOf(
  rules: Partial<LoopRules>,
  body: readonly NodeDraft[] = [aBashNode('b', { script: 'so far' })],
) {
  return aDefinition([
    aLoopGroup('g', body, { rules }),
    aBashNode('after', { needs: ['g'], script: 'got $g.output' }),
  ]);
}

const group = ({ nodes: [first] }: RunState) => first!;
const iterations = ({ steps }: Story): number =>
  steps.filter(({ event }) => event.type === 'iterationStarted').length;

/** Answers at the gate of the loop, one after the other. */
const answering = (...answers: readonly [decision: string, text?: string][]): Partial<World> => {
  let asked = 0;
  return {
    answer: () => {
      const [decision, text = null] = answers[asked]!;
      asked += 1;
      return { decision, text, by: 'me' };
    },
  };
};

describe('a loop group', () => {
  it('is done when its first non-blank sink gives the signal, whose tags do not go further', () => {
    const body = [aBashNode('b', { script: 'all good <promise>DONE</promise>' })];
    const { state } = simulate(loopOf({ until: 'DONE' }, body));
    expect(group(state)).toEqual({ status: 'completed', attempt: 1, output: anOutput('all good') });
    expect(state.nodes[1]).toMatchObject({ output: anOutput('got all good') });
  });

  it('runs its body afresh in each iteration until until_bash exits with 0', () => {
    const story = simulate(loopOf({ until: null, untilBash: script }), { check: (name) => name === 'g.3' });
    expect(iterations(story)).toBe(3);
    expect(group(story.state)).toMatchObject({ status: 'completed', attempt: 3 });
  });

  it('does not ask until_bash once the signal was given', () => {
    const body = [aBashNode('b', { script: 'DONE' })];
    const { actions } = simulate(loopOf({ until: 'DONE', untilBash: script }, body));
    expect(actions.filter(({ type }) => type === 'checkIteration')).toEqual([]);
  });

  it('fails, and its run with it, when it is not done after its last iteration', () => {
    const { state } = simulate(loopOf({ until: 'DONE', untilBash: script, maxIterations: 2 }), {
      check: () => false,
    });
    const message =
      "Loop-group node 'g' exceeded max iterations (2) without completion signal 'DONE' or until_bash";
    expect(group(state)).toEqual({
      status: 'failed',
      attempt: 2,
      failure: { code: 'LOOP_EXHAUSTED', message },
    });
    expect(state.nodes[1]).toMatchObject({ status: 'skipped' });
    expect(state.outcome).toMatchObject({
      status: 'failed',
      failure: { message: expect.stringContaining(message) },
    });
  });

  it('fails with the first iteration in which a node of its body fails', () => {
    const body = [aBashNode('b', { script: 'so far' }), aBashNode('c', { needs: ['b'] })];
    const story = simulate(loopOf({}, body), {
      attempt: (name) => (name === 'g.2.b' ? aFailure({ message: 'no' }) : 'completed'),
    });
    expect(iterations(story)).toBe(2);
    expect(group(story.state)).toMatchObject({
      status: 'failed',
      failure: { code: 'NODE_FAILED', message: "'b': no" },
    });
  });

  it('fails with an until_bash that cannot be run', () => {
    const failure = aFailure({ code: 'NODE_TIMED_OUT', message: 'timed out' });
    const { state } = simulate(loopOf({ until: null, untilBash: script }), { check: () => failure });
    expect(group(state)).toEqual({ status: 'failed', attempt: 1, failure });
  });

  it('goes on after an iteration of which every node was skipped', () => {
    const body = [aBashNode('b', { when: "$b.output == 'x'" })];
    const { state } = simulate(loopOf({ until: null, untilBash: script }, body));
    expect(group(state)).toMatchObject({ status: 'completed', output: anOutput('') });
  });

  it('leaves to the host whether an output in a file gives the signal', () => {
    const definition = loopOf({ until: 'DONE' });
    const inG = (event: RunEvent) => toldFrom([{ nodeId: nodeId('g'), iteration: 1 }], event);
    const state = stateAfter(
      definition,
      { type: 'iterationStarted', nodeId: nodeId('g'), iteration: 1, at: '2026-11-22T09:00:00.000Z' },
      inG(nodeStarted('b')),
      inG(nodeCompleted('b', aFileOutput(50_000))),
    );
    const { actions } = simulate(definition, { check: () => true }, state);
    expect(actions).toContainEqual({ type: 'checkIteration', nodeId: 'g', iteration: 1 });
  });

  it('tries nodes of its body again as their policies say, and settles them by their own joins', () => {
    const retry = { maxAttempts: 1, delayMs: 1000, onError: 'all' } as const;
    const body = [
      aBashNode('flaky', { retry, script: 'so far' }),
      aBashNode('either', { needs: ['flaky'], triggerRule: 'one_success', script: 'DONE' }),
    ];
    const story = simulate(loopOf({}, body), {
      attempt: (_name, attempt) => (attempt === 1 ? aFailure() : 'completed'),
    });
    expect(group(story.state)).toMatchObject({
      status: 'failed',
      failure: { message: expect.stringContaining("'either'") },
    });
    const calm = simulate(loopOf({}, body), {
      attempt: (name, attempt) => (name.endsWith('flaky') && attempt === 1 ? aFailure() : 'completed'),
    });
    expect(group(calm.state)).toMatchObject({ status: 'completed', attempt: 1 });
  });
});

describe('what a body sees', () => {
  it('are outputs of the graphs around it, of its own earlier layers, and of the iteration before', () => {
    const inner = aLoopGroup(
      'h',
      [aBashNode('c', { script: '$outer.output/$b.output/$LOOP_PREV.b.output/$LOOP_PREV.c.output' })],
      { needs: ['b'], rules: { until: null, untilBash: script } },
    );
    const body = [aBashNode('b', { script: 'b of $outer.output' }), inner];
    const definition = aDefinition([
      aBashNode('outer', { script: 'o' }),
      aLoopGroup('g', body, { needs: ['outer'], rules: { until: null, untilBash: script } }),
    ]);
    const { state } = simulate(definition, {
      check: (name) => name.endsWith('h.2') || name === 'g.2',
    });
    expect(state.nodes[1]).toMatchObject({
      status: 'completed',
      attempt: 2,
      output: anOutput('o/b of o/b of o/o/b of o/b of o/'),
    });
  });

  it('is empty of the iteration before in a first iteration, fields included', () => {
    const body = [aBashNode('b', { script: '[$LOOP_PREV.b.output][$LOOP_PREV.b.output.verdict] DONE' })];
    expect(group(simulate(loopOf({}, body)).state)).toMatchObject({ output: anOutput('[][] DONE') });
  });

  it.each(['layers', 'dataflow'] as const)(
    'makes its group wait for what the body refers to (%s)',
    (schedule) => {
      const definition = aDefinition(
        [
          aBashNode('early', { script: 'x' }),
          aBashNode('late', { needs: ['early'], script: 'late' }),
          aBashNode('first', {}),
          aBashNode('second', { needs: ['first'] }),
          aLoopGroup('g', [aBashNode('b', { script: '$late.output DONE' })], { needs: ['second'] }),
        ],
        { schedule },
      );
      // Whatever has begun last ends first, so that the group's own dependencies are the faster ones.
      const { state } = simulate(definition, { next: (count) => count - 1 });
      expect(state.nodes[4]).toMatchObject({ output: anOutput('late DONE') });
    },
  );
});

describe('an interactive loop group', () => {
  const rules = { until: 'DONE', isInteractive: true, gateMessage: 'Like this?', maxIterations: 3 } as const;
  const signalling = [aBashNode('b', { script: 'here you are\nDONE' })];

  it('asks after its first iteration even if its condition is met, and a bare approval ends it', () => {
    const story = simulate(loopOf(rules, signalling), answering(['approve']));
    expect(iterations(story)).toBe(1);
    const { lastDecision } = story.state;
    expect(lastDecision).toMatchObject({ nodeId: 'g' });
    expect(lastDecision?.message).toBe(
      "✅ Completion condition met via completion signal 'DONE'\n\nhere you are\nDONE\n\nLike this?",
    );
    expect(group(story.state)).toMatchObject({ status: 'completed' });
  });

  it('begins anew with what the person wrote, and then its condition decides', () => {
    const story = simulate(loopOf(rules, signalling), answering(['approve', 'shorter']));
    expect(iterations(story)).toBe(2);
    expect(story.state.lastDecision?.answer.text).toBe('shorter');
    const inputs = story.steps.flatMap(({ after }) => {
      const node = group(after);
      return node.status === 'looping' ? [node.userInput] : [];
    });
    expect([...new Set(inputs)]).toEqual(['', 'shorter']);
  });

  it('asks after every iteration that does not meet its condition, but for the last', () => {
    const story = simulate(loopOf(rules), answering(['approve', 'more'], ['approve']));
    expect(iterations(story)).toBe(3);
    expect(story.steps.filter(({ event }) => event.type === 'gateOpened')).toHaveLength(2);
    expect(group(story.state)).toMatchObject({ status: 'failed', failure: { code: 'LOOP_EXHAUSTED' } });
  });

  it('does not ask when its condition is met and may decide alone', () => {
    const { actions } = simulate(loopOf({ ...rules, signalCompletes: true }, signalling));
    expect(actions.filter(({ type }) => type === 'openGate')).toEqual([]);
  });

  it('ends its run when a person rejects', () => {
    const { state } = simulate(loopOf(rules), answering(['reject', 'never mind']));
    expect(group(state)).toEqual({ status: 'dropped' });
    expect(state.outcome).toMatchObject({
      status: 'cancelled',
      cancellation: { by: 'me', reason: 'never mind', nodeId: 'g' },
    });
  });
});

describe('gates in bodies', () => {
  const inner = [aBashNode('c', { script: 'so far' }), aGate('ok', { needs: ['c'], captureResponse: true })];
  const body = [aLoopGroup('h', inner, { rules: { until: 'DONE', maxIterations: 9 } })];
  const definition = aDefinition([aLoopGroup('g', body, { rules: { until: 'DONE' } }), aGate('top')]);
  const place = [
    { nodeId: nodeId('g'), iteration: 1 },
    { nodeId: nodeId('h'), iteration: 2 },
  ];
  const start = (id: string, iteration: number, around = place.slice(0, 0)): RunEvent =>
    toldFrom(around, {
      type: 'iterationStarted',
      nodeId: nodeId(id),
      iteration,
      at: '2026-11-22T09:00:00.000Z',
    });
  const first = [place[0]!, { nodeId: nodeId('h'), iteration: 1 }];
  const events = [
    start('g', 1),
    start('h', 1, place.slice(0, 1)),
    toldFrom(first, nodeStarted('c')),
    toldFrom(first, nodeCompleted('c')),
    toldFrom(first, gateOpened('ok', '2026-11-22T09:00:05.000Z')),
  ];
  const waiting = stateAfter(definition, ...events);

  it('are called by their groups, and wait in the order in which they opened', () => {
    const both = stateAfter(definition, ...events, gateOpened('top', '2026-11-22T09:00:02.000Z'));
    expect(waitingGates(definition, both).map(({ name }) => name)).toEqual(['top', 'g.h.ok']);
    expect(waitingGates(definition, both)[1]?.place).toEqual(first);
  });

  it('pause their run when nothing else is left to wait for', () => {
    expect(runStatus(stateAfter(definition, ...events, gateOpened('top')))).toBe('paused');
    expect(runStatus(stateAfter(definition, ...events.slice(0, -1), gateOpened('top')))).toBe('running');
  });

  it.each([
    ['g.h.ok', 'approve', 'accepted'],
    ['g.h.ok', 'perhaps', 'DECISION_UNDECLARED'],
    ['g.h.c', 'approve', 'GATE_NOT_WAITING'],
    ['ok', 'approve', 'GATE_NOT_WAITING'],
    ['g', 'approve', 'GATE_NOT_WAITING'],
  ])('take an answer by that name: %s, %s → %s', (name, decision, expected) => {
    const check = checkAnswer(definition, waiting, { nodeId: name, decision, text: null });
    expect(check.kind === 'accepted' ? check.kind : check.code).toBe(expected);
  });

  it('end the whole run when they are rejected, and stop what runs', () => {
    const rejected = stateAfter(
      definition,
      ...events,
      toldFrom(first, {
        type: 'gateDecided',
        nodeId: nodeId('ok'),
        answer: { decision: 'reject', text: null, by: 'me' },
        at: '2026-11-22T09:00:09.000Z',
      }),
    );
    expect(rejected.cancellation).toMatchObject({ nodeId: 'g.h.ok' });
    expect(rejected.lastDecision).toMatchObject({ nodeId: 'g.h.ok', message: 'Go on with ok?' });
    expect(mustStopAttempts(definition, rejected)).toBe(true);
    expect(simulate(definition, {}, rejected).state.outcome).toMatchObject({ status: 'cancelled' });
  });

  it('are asked again in every iteration', () => {
    const asked: string[] = [];
    const story = simulate(definition, {
      answer: (name) => {
        asked.push(name);
        return { decision: 'approve', text: name.startsWith('g.1.h.3') ? 'DONE' : null, by: 'me' };
      },
    });
    expect(story.state.nodes[0]).toMatchObject({ status: 'completed', attempt: 1 });
    expect(asked.filter((name) => name !== 'top')).toEqual(['g.1.h.1.ok', 'g.1.h.2.ok', 'g.1.h.3.ok']);
  });
});

describe('a run that is ended while a loop is at work', () => {
  const body = [
    aBashNode('b', { script: 'so far' }),
    aCancelNode('stop', { needs: ['b'], reason: 'enough' }),
  ];

  it('by a cancel node of the body ends as cancelled by that node, and its siblings finish', () => {
    const definition = aDefinition([aLoopGroup('g', body), aBashNode('sibling')]);
    const story = simulate(definition);
    expect(story.state.outcome).toMatchObject({ cancellation: { nodeId: 'g.stop', reason: 'enough' } });
    expect(story.state.nodes[1]).toMatchObject({ status: 'completed' });
    expect(mustStopAttempts(definition, story.state)).toBe(false);
  });

  it('by a person ends once what runs in the body has stopped', () => {
    const definition = loopOf({});
    const running = new Map([[3, cancelRequested()]]);
    const { state } = simulate(definition, { interventions: running });
    expect(group(state)).toEqual({ status: 'dropped' });
    expect(state.outcome).toMatchObject({ status: 'cancelled', cancellation: { nodeId: null } });
  });
});

it('an event of an iteration that is over changes nothing', () => {
  const definition = loopOf({ until: null, untilBash: script });
  const { steps } = simulate(definition, { check: (name) => name === 'g.2' });
  const late = steps.filter(({ event }) => 'iteration' in event && event.iteration === 1);
  const inSecond = steps.find(
    ({ event }) => event.type === 'iterationStarted' && event.iteration === 2,
  )!.after;
  for (const { event } of late) {
    const story = simulate(definition, { check: () => true, interventions: new Map([[0, event]]) }, inSecond);
    expect(story.steps.some((step) => step.event === event)).toBe(false);
  }
  expect(late.length).toBeGreaterThan(3);
});
