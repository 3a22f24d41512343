import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../../src/core/definition/definition.js';
import { decide } from '../../../src/core/run/decide.js';
import { evolve, initialState } from '../../../src/core/run/evolve.js';
import type { NodeId } from '../../../src/core/ids.js';
import { KEPT_BYTES, keptOutputsToMove, shortenedResults } from '../../../src/core/run/kept-results.js';
import { isSettled, progressOf } from '../../../src/core/run/progress.js';
import { isEnding } from '../../../src/core/run/run-status.js';
import { fromSnapshot, toSnapshot } from '../../../src/core/run/snapshot.js';
import type { KeptResult, RunEvent, RunState } from '../../../src/core/run/run-state.js';
import {
  aBashNode,
  aCancelNode,
  aDefinition,
  aFailure,
  aFileOutput,
  aGate,
  aLoopGroup,
  anOutput,
} from '../../support/builders.js';
import { nodeCompleted, nodeStarted } from '../../support/run-events.js';
import { calmlyRandomWorld, pace, randomDrafts, wildWorld } from './random-runs.js';
import { deepFreeze, simulate, type Story } from './simulate.js';

const AT = '2026-11-22T09:00:00.000Z';
const RUNS = { numRuns: 400 };

const kept = (nodeId: string, text = `kept ${nodeId}`): KeptResult => ({
  nodeId: nodeId as NodeId,
  attempt: 2,
  output: anOutput(text, []),
});

function resumed(definition: ReturnType<typeof aDefinition>, results: readonly KeptResult[]): RunState {
  const begun = evolve(definition, initialState(definition, {}), { type: 'runStarted', at: AT });
  return evolve(definition, begun, { type: 'runResumed', kept: results, at: AT });
}

/** What a run leaves in the table: outputs of the nodes that have completed. */
const leftBy = (definition: ReturnType<typeof aDefinition>, state: RunState): readonly KeptResult[] =>
  definition.nodes.flatMap(({ id }, position) => {
    const node = state.nodes[position]!;
    return node.status === 'completed' ? [{ nodeId: id, attempt: node.attempt, output: node.output }] : [];
  });

const began = ({ steps }: Story): readonly string[] =>
  steps.flatMap(({ event }) =>
    event.type === 'nodeStarted' || event.type === 'gateOpened' || event.type === 'nodeSkipped'
      ? [event.nodeId]
      : [],
  );

describe('a resumed run', () => {
  const chain = aDefinition([
    aBashNode('a'),
    aBashNode('b', { needs: ['a'] }),
    aBashNode('c', { needs: ['b'] }),
  ]);

  it('keeps what is finished, with its output, and begins the rest', () => {
    const story = simulate(chain, {}, resumed(chain, [kept('a')]));
    expect(began(story)).toEqual(['b', 'c']);
    expect(story.state.outcome).toMatchObject({ status: 'completed' });
    expect(story.state.nodes[0]).toEqual({
      status: 'completed',
      attempt: 2,
      output: anOutput('kept a', []),
      isKept: true,
    });
  });

  it('gives nodes the outputs that were kept', () => {
    const drafts = [aBashNode('a'), aBashNode('b', { needs: ['a'], script: 'got $a.output' })];
    const definition = aDefinition(drafts);
    const { state } = simulate(definition, {}, resumed(definition, [kept('a', 'gold')]));
    expect(state.nodes[1]).toMatchObject({ output: { text: { text: 'got gold' } } });
  });

  it('tries a node that had failed from its first attempt', () => {
    const retry = { maxAttempts: 2, delayMs: 1, onError: 'all' } as const;
    const definition = aDefinition([aBashNode('a'), aBashNode('b', { needs: ['a'], retry })]);
    const { actions } = simulate(
      definition,
      { attempt: () => aFailure({ message: 'no idea' }) },
      resumed(definition, [kept('a')]),
    );
    const starts = actions.filter((action) => action.type === 'startNode');
    expect(starts).toEqual([{ type: 'startNode', nodeId: 'b', attempt: 1 }]);
  });

  it('leaves out results of nodes that the definition does not have', () => {
    const story = simulate(chain, {}, resumed(chain, [kept('of another time'), kept('b')]));
    expect(began(story)).toEqual(['a', 'b', 'c']);
  });

  it('of which everything is finished completes at once', () => {
    const story = simulate(
      chain,
      {},
      resumed(
        chain,
        ['a', 'b', 'c'].map((id) => kept(id)),
      ),
    );
    expect(began(story)).toEqual([]);
    expect(story.state.outcome).toMatchObject({ status: 'completed', result: anOutput('kept c', []) });
  });

  it.each<Schedule>(['layers', 'dataflow'])(
    'lets what stands behind a finished node wait for the unfinished ones before it (%s)',
    (schedule) => {
      const drafts = [
        aBashNode('broken'),
        aBashNode('cleanup', { needs: ['broken'], triggerRule: 'all_done' }),
        aBashNode('report', { needs: ['cleanup'], script: '$broken.output' }),
      ];
      const definition = aDefinition(drafts, { schedule });
      const state = resumed(definition, [kept('cleanup')]);
      expect(decide(definition, state).filter(({ type }) => type === 'startNode')).toEqual([
        { type: 'startNode', nodeId: 'broken', attempt: 1 },
      ]);
      const story = simulate(definition, {}, state);
      expect(began(story)).toEqual(['broken', 'cleanup', 'report']);
    },
  );

  it('does not ask a gate again that has been decided, and asks one again that ended with its run', () => {
    const definition = aDefinition([aGate('one'), aGate('two', { needs: ['one'] })]);
    expect(began(simulate(definition, {}, resumed(definition, [kept('one')])))).toEqual(['two']);
  });

  it('meets a cancel node again', () => {
    const definition = aDefinition([aBashNode('a'), aCancelNode('stop', { needs: ['a'] })]);
    const { state } = simulate(definition, {}, resumed(definition, [kept('a')]));
    expect(state.outcome).toMatchObject({ status: 'cancelled', cancellation: { nodeId: 'stop' } });
  });

  it('keeps nothing that comes after its node has begun', () => {
    const [started, running] = [
      resumed(chain, []),
      evolve(chain, resumed(chain, []), { type: 'nodeStarted', nodeId: 'a' as NodeId, attempt: 1, at: AT }),
    ];
    expect(started.nodes[0]).toEqual({ status: 'pending' });
    expect(evolve(chain, running, { type: 'runResumed', kept: [kept('a')], at: AT })).toBe(running);
  });
});

describe('what was finished before', () => {
  const chain = aDefinition([
    aBashNode('a', { script: 'made' }),
    aBashNode('b', { needs: ['a'], script: 'b of $a.output' }),
    aBashNode('c', { needs: ['b'] }),
  ]);
  const ends = ({ state }: Story): readonly unknown[] => state.nodes.map(({ status }) => status);
  const resets = ({ steps }: Story) =>
    steps.flatMap(({ event }) => (event.type === 'nodeReset' ? [[event.nodeId, event.cause]] : []));

  it('is done again behind a node that completes now and did not before', () => {
    const story = simulate(chain, {}, resumed(chain, [kept('b')]));
    expect(began(story)).toEqual(['a', 'b', 'c']);
    expect(resets(story)).toEqual([['b', { kind: 'stale_dependency', dependencies: ['a'] }]]);
  });

  it('is looked at again, and may be skipped, behind a node that fails now', () => {
    const world = { attempt: (name: NodeId) => (name === 'a' ? aFailure() : ('completed' as const)) };
    const story = simulate(chain, world, resumed(chain, [kept('b'), kept('c')]));
    expect(ends(story)).toEqual(['failed', 'skipped', 'completed']);
  });

  it('stays behind a node that is skipped now', () => {
    const definition = aDefinition([
      aBashNode('a', { when: "$a.output == 'x'" }),
      aBashNode('b', { needs: ['a'], triggerRule: 'all_done' }),
    ]);
    expect(began(simulate(definition, {}, resumed(definition, [kept('b')])))).toEqual(['a']);
  });

  it.each(['layers', 'dataflow'] as const)('is done again wherever it is always to run (%s)', (schedule) => {
    const always = aDefinition(
      [
        aBashNode('a', { script: 'made', alwaysRun: true }),
        aBashNode('b', { needs: ['a'] }),
        aBashNode('c', { needs: ['b'] }),
      ],
      { schedule },
    );
    const same = simulate(always, {}, resumed(always, [kept('a', 'made'), kept('b'), kept('c')]));
    expect(began(same)).toEqual(['a']);
    expect(resets(same)).toEqual([['a', { kind: 'always_run' }]]);
    const other = simulate(always, {}, resumed(always, [kept('a', 'older'), kept('b', 'true'), kept('c')]));
    expect(began(other)).toEqual(['a', 'b']);
  });

  it('of a gate is asked again only if what it decided about has changed', () => {
    const definition = aDefinition([
      aBashNode('a', { script: 'made', alwaysRun: true }),
      aGate('ok', { needs: ['a'] }),
    ]);
    const left = [kept('ok', '')];
    expect(began(simulate(definition, {}, resumed(definition, [kept('a', 'made'), ...left])))).toEqual(['a']);
    expect(began(simulate(definition, {}, resumed(definition, [kept('a', 'older'), ...left])))).toEqual([
      'a',
      'ok',
    ]);
  });

  it('is compared by its digest where it lies in a file', () => {
    const definition = aDefinition([aBashNode('a', { alwaysRun: true }), aBashNode('b', { needs: ['a'] })]);
    const file = aFileOutput(50_000);
    const before = resumed(definition, [{ nodeId: 'a' as NodeId, attempt: 1, output: file }, kept('b')]);
    const events: readonly RunEvent[] = [
      ...decide(definition, before).flatMap((action): RunEvent[] =>
        action.type === 'resetNode' ? [{ ...action, type: 'nodeReset', at: AT }] : [],
      ),
      nodeStarted('a'),
      nodeCompleted('a', file),
    ];
    const after = events.reduce((state, event) => evolve(definition, state, event), before);
    expect(decide(definition, after)).toEqual([{ type: 'keepNode', nodeId: 'b' }]);
  });

  it('of a loop group is kept as one; a group that had not finished begins at its first iteration', () => {
    const definition = aDefinition([
      aLoopGroup('g', [aBashNode('b', { script: 'DONE' })]),
      aBashNode('c', { needs: ['g'] }),
    ]);
    expect(began(simulate(definition, {}, resumed(definition, [kept('g')])))).toEqual(['c']);
    const { steps } = simulate(definition, {}, resumed(definition, []));
    expect(steps.filter(({ event }) => event.type === 'iterationStarted')).toHaveLength(1);
  });
});

describe('random runs, resumed wherever they ended, again and again', () => {
  const schedule = fc.constantFrom<Schedule>('layers', 'dataflow');
  const seeds = fc.array(fc.nat(), { minLength: 1, maxLength: 3 });
  const wild = fc.tuple(randomDrafts({ hasCancelNodes: true }), schedule, fc.nat(), seeds, pace);

  /** Each story goes on with what all those before it have left. */
  function everyResumedStory(
    check: (story: Story, definition: ReturnType<typeof aDefinition>, left: readonly KeptResult[]) => void,
  ): void {
    fc.assert(
      fc.property(wild, ([drafts, how, first, later, speeds]) => {
        const definition = deepFreeze(aDefinition(drafts, { schedule: how }));
        let { state } = simulate(definition, wildWorld(first, speeds));
        let left = leftBy(definition, state);
        for (const seed of later) {
          const world = wildWorld(seed, speeds);
          const from = resumed(definition, left);
          const story = simulate(definition, world, { ...from, inputs: world.inputs });
          check(story, definition, left);
          ({ state } = story);
          const fresh = leftBy(definition, state);
          left = [...left.filter(({ nodeId }) => !fresh.some((one) => one.nodeId === nodeId)), ...fresh];
        }
      }),
      RUNS,
    );
  }

  it('R3: every one ends; unless it was ended early, every node has settled', () => {
    everyResumedStory(({ state }) => {
      expect(state.outcome).not.toBeNull();
      if (!isEnding(state)) expect(state.nodes.every(isSettled)).toBe(true);
      expect(state.progress.active).toEqual([]);
    });
  });

  it('no finished node begins, fails or is skipped, and its output stays, unless it is reset', () => {
    everyResumedStory((story, definition, left) => {
      const reset = new Set(story.steps.map(({ event }) => event.type === 'nodeReset' && event.nodeId));
      for (const { nodeId, output } of left) {
        if (reset.has(nodeId)) continue;
        expect(began(story)).not.toContain(nodeId);
        const node = story.state.nodes[definition.nodes.findIndex(({ id }) => id === nodeId)]!;
        expect(node).toMatchObject({ output });
        if (!isEnding(story.state)) expect(node.status).toBe('completed');
      }
    });
  });

  it('R1: a node begins only after all it must wait for has settled', () => {
    everyResumedStory(({ steps }, definition) => {
      for (const { event, before } of steps) {
        if (event.type !== 'nodeStarted' && event.type !== 'nodeKept') continue;
        const node = definition.nodes.find(({ id }) => id === event.nodeId)!;
        const awaited = definition.nodes.flatMap(({ layer }, position) => {
          const isEarlier = definition.schedule === 'layers' && layer < node.layer;
          return isEarlier || node.dependsOn.includes(position) ? [position] : [];
        });
        expect(awaited.every((position) => isSettled(before.nodes[position]!))).toBe(true);
      }
    });
  });

  it('R5 and R7: what comes again changes nothing, and the bookkeeping never drifts', () => {
    everyResumedStory(({ steps }, definition) => {
      for (const { event, after } of steps) {
        expect(evolve(definition, after, event)).toBe(after);
        expect(after.progress).toEqual(progressOf(after.plan, after.nodes));
      }
    });
  });

  it('a calm world completes them alike under both schedules', () => {
    const calm = fc.tuple(randomDrafts({ hasCancelNodes: false }), fc.nat(), pace);
    fc.assert(
      fc.property(calm, ([drafts, seed, speeds]) => {
        const [layers, dataflow] = [
          aDefinition(drafts, { schedule: 'layers' }),
          aDefinition(drafts, { schedule: 'dataflow' }),
        ];
        const world = calmlyRandomWorld(seed, speeds);
        const { state } = simulate(layers, wildWorld(seed + 1, speeds));
        const ends = [layers, dataflow].map((definition) => {
          const from = { ...resumed(definition, leftBy(layers, state)), inputs: world.inputs };
          return simulate(definition, world, from).state.nodes;
        });
        expect(ends[1]).toEqual(ends[0]);
      }),
      RUNS,
    );
  });

  it('goes on from a snapshot with what is kept and has not had its turn', () => {
    const drafts = [aGate('review'), aBashNode('b', { needs: ['review'] })];
    const definition = aDefinition(drafts);
    const state = resumed(definition, [kept('b')]);
    const carried = fromSnapshot(definition, {}, JSON.parse(JSON.stringify(toSnapshot(state))));
    expect(carried).toEqual(state);
  });
});

describe('results that are too large to travel together', () => {
  const large = (nodeId: string, kibibytes: number): KeptResult => kept(nodeId, 'x'.repeat(kibibytes * 1024));

  it('are moved to files, the largest first, until the rest fits', () => {
    const results = [
      large('small', 1),
      large('large', 15),
      ...Array.from({ length: 37 }, (_, index) => large(`n${index}`, 14)),
    ];
    expect(keptOutputsToMove(results, KEPT_BYTES)[0]).toBe('large');
    expect(keptOutputsToMove(results, KEPT_BYTES)).toHaveLength(3);
    expect(keptOutputsToMove(results.slice(0, 5), KEPT_BYTES)).toEqual([]);
  });

  it('have shorter excerpts when there are very many', () => {
    const text = {
      kind: 'file',
      path: '/o/f',
      bytes: 1_000_000,
      sha256: 'a'.repeat(64),
      excerpt: 'y'.repeat(2_000),
    } as const;
    const results = Array.from({ length: 400 }, (_, index) => ({
      ...kept(`n${index}`),
      output: { text, fields: null },
    }));
    const short = shortenedResults(results, KEPT_BYTES);
    expect(JSON.stringify(short).length).toBeLessThanOrEqual(KEPT_BYTES);
    expect(short[399]?.output.text).toEqual({ ...text, excerpt: 'y'.repeat(200) });
    expect(shortenedResults(results.slice(0, 2), KEPT_BYTES)).toEqual(results.slice(0, 2));
  });
});
