import { describe, expect, it } from 'vitest';
import type { LoopRules } from '../../../src/core/definition/definition.js';
import { checkAnswer } from '../../../src/core/run/check-answer.js';
import { runLevel } from '../../../src/core/run/level.js';
import { nameAt } from '../../../src/core/run/place.js';
import type { GateAnswer, NodeState, RunState } from '../../../src/core/run/run-state.js';
import { runStatus, waitingGates } from '../../../src/core/run/run-status.js';
import { sessionFor } from '../../../src/core/run/session.js';
import { REWORK, TURN } from '../../../src/core/run/turns.js';
import { toOutput } from '../../../src/core/expression/output.js';
import {
  aBashNode,
  aDefinition,
  aFailure,
  aFileOutput,
  aGate,
  aLoopGroup,
  anAgentLoop,
  anAgentNode,
  anOutput,
  nodeId,
  type NodeDraft,
} from '../../support/builders.js';
import {
  attemptFailed,
  cancelRequested,
  gateDecided,
  gateOpened,
  nodeCompleted,
  nodeStarted,
  second,
  stateAfter,
} from '../../support/run-events.js';
import { toldFrom } from '../../../src/core/run/place.js';
import { decide } from '../../../src/core/run/decide.js';
import { simulate, type Story, type World } from './simulate.js';

const script = { kind: 'inline', text: 'test -f done' } as const;
const TRANSIENT = { maxAttempts: 2, delayMs: 3_000, onError: 'transient' } as const;

const first = ({ nodes: [node] }: RunState): NodeState => node!;
const sessionsOf = ({ nodes }: RunState) =>
  nodes.map((node) => (node.status === 'completed' ? node.session : undefined));

/** Answers at the gates, one after the other. */
const answering = (...answers: readonly [decision: string, text?: string][]): Partial<World> => {
  let asked = 0;
  return {
    answer: (): GateAnswer => {
      const [decision, text = null] = answers[asked]!;
      asked += 1;
      return { decision, text, by: 'me' };
    },
  };
};

describe('an agent node', () => {
  it('is one turn, whose answer others read', () => {
    const definition = aDefinition([
      anAgentNode('plan', { text: 'a plan' }),
      anAgentNode('build', { needs: ['plan'], text: 'build $plan.output' }),
    ]);
    const { state } = simulate(definition);
    expect(state.outcome).toEqual({ status: 'completed', result: anOutput('build a plan') });
  });

  it('is tried again after a failure that passes, and after the loss of its worker', () => {
    const definition = aDefinition([anAgentNode('plan', { retry: TRANSIENT })]);
    for (const failure of [
      aFailure({ message: '529 overloaded' }),
      aFailure({ code: 'NODE_INTERRUPTED', message: 'worker lost' }),
    ]) {
      const story = simulate(definition, {
        attempt: (_id, attempt) => (attempt < 3 ? failure : 'completed'),
      });
      expect(first(story.state)).toMatchObject({ status: 'completed', attempt: 3 });
      const delays = story.actions.flatMap((action) =>
        action.type === 'scheduleRetry' ? [action.delayMs] : [],
      );
      expect(delays).toEqual([3_000, 6_000]);
    }
    const fatal = simulate(definition, { attempt: () => aFailure({ message: '401 unauthorized' }) });
    expect(first(fatal.state)).toMatchObject({ status: 'failed', attempt: 1 });
  });
});

describe('the conversation of agents', () => {
  const chain = (...drafts: readonly NodeDraft[]) => sessionsOf(simulate(aDefinition(drafts)).state);
  const agent = anAgentNode;

  it.each<[string, readonly NodeDraft[], readonly (string | undefined)[]]>([
    ['goes on from node to node', [agent('a'), agent('b', { needs: ['a'] })], ['a#1', 'a#1']],
    [
      'passes nodes that are no agents',
      [agent('a'), aBashNode('b', { needs: ['a'] }), agent('c', { needs: ['b'] })],
      ['a#1', undefined, 'a#1'],
    ],
    [
      'begins anew where the author says so',
      [
        agent('a'),
        agent('b', { needs: ['a'], settings: { context: 'fresh' } }),
        agent('c', { needs: ['b'] }),
      ],
      ['a#1', 'b#1', 'b#1'],
    ],
    [
      'begins anew with another provider',
      [agent('a'), agent('b', { needs: ['a'], settings: { provider: 'codex' } })],
      ['a#1', 'b#1'],
    ],
    [
      'does not go through a layer of several nodes',
      [
        agent('a'),
        agent('b', { needs: ['a'] }),
        agent('c', { needs: ['a'] }),
        agent('d', { needs: ['b', 'c'] }),
      ],
      ['a#1', 'b#1', 'c#1', 'd#1'],
    ],
    [
      'is forked from the node that context names',
      [
        agent('a'),
        agent('b', { needs: ['a'], settings: { context: 'fresh' } }),
        agent('c', { needs: ['b'], settings: { context: { resume: 'a' } } }),
      ],
      ['a#1', 'b#1', 'a#1 > c#1'],
    ],
    [
      'passes a node that was skipped',
      [
        agent('a'),
        agent('b', { needs: ['a'], when: "$a.output == 'x'" }),
        agent('c', { needs: ['b'], triggerRule: 'all_done' }),
      ],
      ['a#1', undefined, 'a#1'],
    ],
    [
      'goes on behind a loop of turns, which began one of its own',
      [agent('a'), anAgentLoop('l', { needs: ['a'], text: 'DONE' }), agent('c', { needs: ['l'] })],
      ['a#1', `l.1.${TURN}#1`, `l.1.${TURN}#1`],
    ],
  ])('%s', (_title, drafts, expected) => {
    expect(chain(...drafts)).toEqual(expected);
  });

  it('is left alone by an attempt after a failed one, which goes on with a copy', () => {
    const definition = aDefinition([agent('a'), agent('b', { needs: ['a'], retry: TRANSIENT })]);
    const { state } = simulate(definition, {
      attempt: (id, attempt) =>
        id === 'b' && attempt === 1 ? aFailure({ message: 'timeout' }) : 'completed',
    });
    expect(sessionsOf(state)).toEqual(['a#1', 'a#1 > b#2']);
  });

  it.each([
    [false, ['g.1.b#1', 'g.1.b#1']],
    [true, ['g.1.b#1', 'g.2.b#1']],
  ])('goes on in the next iteration of a group unless that is to be fresh (%s)', (freshContext, expected) => {
    const definition = aDefinition([
      aLoopGroup('g', [agent('b')], { rules: { until: null, untilBash: script, freshContext } }),
    ]);
    const story = simulate(definition, { check: (name) => name === 'g.2' });
    const inBodies = story.steps.flatMap(({ event }) =>
      event.type === 'inBody' && event.event.type === 'nodeCompleted' ? [event.event.session] : [],
    );
    expect(inBodies).toEqual(expected);
  });

  it('is not known of a node that an earlier generation of the run has finished', () => {
    const definition = aDefinition([agent('a'), agent('b', { needs: ['a'] })]);
    const kept = [{ nodeId: nodeId('a'), attempt: 1, output: anOutput('plan') }];
    const resumed = stateAfter(definition, { type: 'runResumed', kept, at: second(0) });
    expect(sessionsOf(simulate(definition, {}, resumed).state)).toEqual([undefined, 'b#1']);
  });

  it('is fresh for a node whose producer has none', () => {
    const definition = aDefinition([agent('a', { settings: { context: { resume: 'gone' } } })]);
    const level = runLevel(definition, stateAfter(definition));
    const [node] = definition.nodes;
    expect(node?.kind === 'agent' && sessionFor(level, node, 1)).toEqual({ kind: 'fresh' });
  });
});

/** A loop `l` of turns, and a node that reads it. */
const loopOf = (
  rules: Partial<LoopRules>,
  over: Omit<NonNullable<Parameters<typeof anAgentLoop>[1]>, 'rules'> = {},
) =>
  aDefinition([
    anAgentLoop('l', { ...over, rules }),
    aBashNode('after', { needs: ['l'], script: '$l.output' }),
  ]);

const iterations = ({ steps }: Story): number =>
  steps.filter(({ event }) => event.type === 'iterationStarted').length;

const answersOf = ({ steps }: Story): readonly string[] =>
  steps.flatMap(({ event }) => {
    if (event.type !== 'inBody' || event.event.type !== 'nodeCompleted') return [];
    const { text } = event.event.output;
    return text.kind === 'inline' ? [text.text] : [];
  });

describe('a loop of turns', () => {
  it.each([
    ['a tag', 'fine <promise>DONE</promise>', 'fine'],
    ['another tag', 'fine <verdict>done</verdict>', 'fine'],
    ['the end of the text', 'fine: DONE.', 'fine: DONE.'],
    ['a line of its own', 'DONE\nand so on', 'DONE\nand so on'],
    ['a tag beside other promises', ' <promise>DONE</promise> fine <promise>later</promise>', 'fine'],
  ])('is done by its signal in %s, and gives out its answer without tags', (_where, text, output) => {
    const { state } = simulate(loopOf({ until: 'DONE' }, { text }));
    expect(first(state)).toMatchObject({ status: 'completed', attempt: 1, output: anOutput(output) });
  });

  it('is done by a field that says so', () => {
    const definition = loopOf({ until: null }, { text: '{"ok":true}', untilField: 'ok' });
    expect(first(simulate(definition).state)).toMatchObject({ status: 'completed', attempt: 1 });
    const not = loopOf({ until: null, maxIterations: 2 }, { text: '{"ok":"true"}', untilField: 'ok' });
    expect(first(simulate(not).state)).toMatchObject({
      failure: {
        code: 'LOOP_EXHAUSTED',
        message: "Loop node 'l' exceeded max iterations (2) without until_field 'ok'",
      },
    });
  });

  it('asks until_bash only when neither signal nor field is given', () => {
    const rules = { until: 'DONE', untilBash: script };
    const said = simulate(loopOf(rules, { text: 'DONE', untilField: 'ok' }));
    const field = simulate(loopOf(rules, { text: '{"ok":true}', untilField: 'ok' }));
    const neither = simulate(loopOf(rules, { text: 'so far', untilField: 'ok' }), {
      check: (name) => name === 'l.2',
    });
    const checks = [said, field, neither].map(
      ({ actions }) => actions.filter(({ type }) => type === 'checkIteration').length,
    );
    expect(checks).toEqual([0, 0, 2]);
    expect(first(neither.state)).toMatchObject({ status: 'completed', attempt: 2 });
  });

  it('fails, naming all that would have ended it, when it is not done after its last iteration', () => {
    const rules = { until: 'DONE', untilBash: script, maxIterations: 2 };
    const { state } = simulate(loopOf(rules, { untilField: 'ok' }), { check: () => false });
    expect(first(state)).toMatchObject({
      failure: {
        message:
          "Loop node 'l' exceeded max iterations (2) without completion signal 'DONE' or until_field 'ok' or until_bash",
      },
    });
  });

  it('tells each turn what the one before gave out, and goes on with its conversation', () => {
    const story = simulate(
      loopOf({ until: null, untilBash: script }, { text: 'x$LOOP_PREV_OUTPUT<promise>no</promise>' }),
      {
        check: (name) => name === 'l.3',
      },
    );
    const all = '<promise>no</promise>';
    expect(answersOf(story)).toEqual([`x${all}`, `xx${all}`, `xxx${all}`]);
    expect(first(story.state)).toMatchObject({ output: anOutput('xxx'), session: `l.1.${TURN}#1` });
  });

  it('begins each turn in a conversation of its own with fresh_context', () => {
    const rules = { until: null, untilBash: script, freshContext: true };
    const { state } = simulate(loopOf(rules), { check: (name) => name === 'l.2' });
    expect(first(state)).toMatchObject({ session: `l.2.${TURN}#1` });
  });

  it('fails with the turn that fails, and is not tried again', () => {
    const failure = aFailure({ message: '529 overloaded' });
    const story = simulate(loopOf({}), { attempt: () => failure });
    expect(first(story.state)).toEqual({ status: 'failed', attempt: 1, failure });
    expect(iterations(story)).toBe(1);
  });

  it('leaves it to the host whether an answer in a file gives the signal', () => {
    const place = [{ nodeId: nodeId('l'), iteration: 1 }];
    const definition = loopOf({ until: 'DONE' });
    const state = stateAfter(
      definition,
      { type: 'iterationStarted', nodeId: nodeId('l'), iteration: 1, at: second(1) },
      toldFrom(place, nodeStarted(TURN)),
      toldFrom(place, nodeCompleted(TURN, aFileOutput(50_000))),
      toldFrom(place, { type: 'runFinished', outcome: { status: 'completed', result: null }, at: second(2) }),
    );
    expect(decide(definition, state)).toEqual([{ type: 'checkIteration', nodeId: 'l', iteration: 1 }]);
  });

  it('keeps an answer of declared shape as it is', () => {
    const output = {
      ...toOutput('{"say":"<promise>DONE</promise>","ok":true}', ['ok']),
      isStructured: true,
    } as const;
    const place = [{ nodeId: nodeId('l'), iteration: 1 }];
    const definition = loopOf({ until: null }, { untilField: 'ok', outputFormat: { type: 'object' } });
    const state = stateAfter(
      definition,
      { type: 'iterationStarted', nodeId: nodeId('l'), iteration: 1, at: second(1) },
      toldFrom(place, nodeStarted(TURN)),
      toldFrom(place, nodeCompleted(TURN, output)),
    );
    expect(first(simulate(definition, {}, state).state)).toMatchObject({ status: 'completed', output });
  });

  it('works in the body of a group, and is called by it', () => {
    const definition = aDefinition([
      aLoopGroup('g', [anAgentLoop('l', { rules: { until: null, untilBash: script }, text: 'so far' })]),
    ]);
    const asked: string[] = [];
    simulate(definition, {
      check: (name) => {
        asked.push(name);
        return name.endsWith('l.2');
      },
      attempt: (name) => (name.startsWith('g.2') ? aFailure({ message: 'no' }) : 'completed'),
    });
    expect(asked).toEqual(['g.1.l.1', 'g.1.l.2']);
    const place = [nodeId('g'), nodeId('l')].map((id) => ({ nodeId: id, iteration: 1 }));
    expect(nameAt(place, TURN)).toBe('g.l');
  });
});

describe('an interactive loop of turns', () => {
  const rules = { until: 'DONE', isInteractive: true, gateMessage: 'Like this?', maxIterations: 3 } as const;
  const text = 'here you are $LOOP_USER_INPUT\n<promise>DONE</promise>';

  it('asks after its first turn with an excerpt of the answer, and a bare approval ends it without another', () => {
    const story = simulate(loopOf(rules, { text }), answering(['approve']));
    expect(iterations(story)).toBe(1);
    expect(story.state.lastDecision).toMatchObject({
      nodeId: 'l',
      message: "✅ Completion condition met via completion signal 'DONE'\n\nhere you are\n\nLike this?",
    });
    expect(first(story.state)).toMatchObject({ status: 'completed', output: anOutput('here you are') });
  });

  it('tells the next turn what the person wrote, and then its condition decides', () => {
    const story = simulate(loopOf(rules, { text }), answering(['approve', 'shorter']));
    expect(answersOf(story)[1]).toContain('here you are shorter');
    expect(first(story.state)).toMatchObject({ status: 'completed', attempt: 2 });
  });

  it('shows no more than 500 characters of an answer', () => {
    const story = simulate(loopOf(rules, { text: 'x'.repeat(600) }), answering(['reject']));
    expect(story.state.lastDecision?.message).toBe(
      `⚠️ No completion condition met (completion signal 'DONE')\n\n${'x'.repeat(500)}…\n\nLike this?`,
    );
    expect(story.state.outcome).toMatchObject({ status: 'cancelled', cancellation: { nodeId: 'l' } });
    expect(first(story.state)).toEqual({ status: 'dropped' });
  });

  it('does not ask when its condition is met and may decide alone', () => {
    const { actions } = simulate(loopOf({ ...rules, signalCompletes: true }, { text }));
    expect(actions.filter(({ type }) => type === 'openGate')).toEqual([]);
  });

  it('fails after its last iteration, whatever the person writes', () => {
    const story = simulate(loopOf({ ...rules, until: null, untilBash: script, maxIterations: 2 }), {
      ...answering(['approve', 'more']),
      check: () => false,
    });
    expect(iterations(story)).toBe(2);
    expect(first(story.state)).toMatchObject({ failure: { code: 'LOOP_EXHAUSTED' } });
  });

  it('waits under its own name, and pauses its run', () => {
    const definition = loopOf(rules, { text });
    const story = simulate(definition, answering(['approve']));
    const waiting = story.steps.find(({ event }) => event.type === 'gateOpened')!.after;
    expect(runStatus(waiting)).toBe('paused');
    expect(waitingGates(definition, waiting)).toMatchObject([
      { name: 'l', loop: { iteration: 1, isMet: true } },
    ]);
    const answer = (decision: string) =>
      checkAnswer(definition, waiting, { nodeId: 'l', decision, text: null });
    expect([answer('approve').kind, answer('perhaps').kind]).toEqual(['accepted', 'refused']);
  });
});

describe('a gate with on_reject', () => {
  const prompt = { kind: 'inline', text: 'Mend: $REJECTION_REASON ($draft.output)' } as const;
  const gateWith = (maxAttempts: number) =>
    aDefinition([
      aBashNode('draft', { script: 'a draft' }),
      aGate('ok', {
        needs: ['draft'],
        message: 'Is $draft.output fine?',
        captureResponse: true,
        onReject: { prompt, maxAttempts },
      }),
    ]);
  const gate = ({ nodes }: RunState): NodeState => nodes[1]!;
  const opened = ({ steps }: Story): number =>
    steps.filter(({ event }) => event.type === 'gateOpened').length;

  it('has an agent mend what was rejected, and asks again', () => {
    const story = simulate(gateWith(3), answering(['reject', 'too long'], ['reject'], ['approve', 'good']));
    expect(answersOf(story)).toEqual(['Mend: too long (a draft)', 'Mend: Rejected (a draft)']);
    expect(opened(story)).toBe(3);
    expect(gate(story.state)).toMatchObject({ status: 'completed', output: anOutput('good') });
  });

  it.each([1, 2, 3])('ends its run with the last rejection that it allows: %s', (maxAttempts) => {
    const rejects = Array.from({ length: maxAttempts }, (): [string, string] => ['reject', 'no']);
    const story = simulate(gateWith(maxAttempts), answering(...rejects));
    expect(answersOf(story)).toHaveLength(maxAttempts - 1);
    expect(story.state.lastDecision?.rejections).toBe(maxAttempts);
    expect(story.state.outcome).toMatchObject({
      status: 'cancelled',
      cancellation: { nodeId: 'ok', reason: 'no', by: 'me' },
    });
  });

  it('fails with its agent, once that is not tried again', () => {
    const story = simulate(gateWith(3), {
      ...answering(['reject']),
      attempt: (name) => (name === 'draft' ? 'completed' : aFailure({ message: '529 overloaded' })),
    });
    expect(
      story.actions.filter((action) => action.type === 'inBody' && action.action.type === 'startNode'),
    ).toHaveLength(1);
    expect(
      story.steps.filter(({ event }) => event.type === 'inBody' && event.event.type === 'attemptFailed'),
    ).toHaveLength(3);
    expect(gate(story.state)).toMatchObject({ status: 'failed', failure: { message: '529 overloaded' } });
    expect(story.state.outcome).toMatchObject({ status: 'failed' });
  });

  it('takes no answer while something is mended, and is named then', () => {
    const definition = gateWith(3);
    const rejected = stateAfter(
      definition,
      nodeStarted('draft'),
      nodeCompleted('draft'),
      gateOpened('ok'),
      gateDecided('ok', 'reject', { text: 'no' }),
    );
    expect(runStatus(rejected)).toBe('running');
    expect(waitingGates(definition, rejected)).toEqual([]);
    expect(
      checkAnswer(definition, rejected, { nodeId: 'ok', decision: 'approve', text: null }),
    ).toMatchObject({
      code: 'GATE_NOT_WAITING',
      message: expect.stringContaining('what was rejected'),
    });
    expect(nameAt([{ nodeId: nodeId('ok'), iteration: 1 }], REWORK)).toBe('ok:on_reject');
  });

  it('ends with its run while something is mended, once that has stopped', () => {
    const definition = gateWith(3);
    const place = [{ nodeId: nodeId('ok'), iteration: 1 }];
    const rejected = stateAfter(
      definition,
      nodeStarted('draft'),
      nodeCompleted('draft'),
      gateOpened('ok'),
      gateDecided('ok', 'reject', { text: 'no' }),
      toldFrom(place, nodeStarted(REWORK)),
      cancelRequested(),
    );
    expect(decide(definition, rejected)).toEqual([]);
    const stopped = toldFrom(place, attemptFailed(REWORK, { code: 'RUN_CANCELLED', message: 'stopped' }));
    const story = simulate(definition, { interventions: new Map([[1, stopped]]) }, rejected);
    expect(gate(story.state)).toEqual({ status: 'dropped' });
    expect(story.state.outcome).toMatchObject({ status: 'cancelled', cancellation: { nodeId: null } });
  });
});
