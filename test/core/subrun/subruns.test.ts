import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SubrunNode } from '../../../src/core/definition/definition.js';
import { decideSubruns, type SubrunAction } from '../../../src/core/subrun/decide-subruns.js';
import { evolveSubruns, withoutPlans, type SubrunEvent } from '../../../src/core/subrun/evolve-subruns.js';
import { elementsOf, joined } from '../../../src/core/subrun/join.js';
import { NO_SUBRUNS, openChildren, pagedCount, type Subruns } from '../../../src/core/subrun/subruns.js';
import { nodeId } from '../../support/builders.js';
import { aFanOut, aPlan, aRunId, aSubrun, completed, failed } from '../../support/subrun-shapes.js';

const ID = nodeId('sub');

function after(node: SubrunNode, ...events: readonly SubrunEvent[]): Subruns {
  return events.reduce((state, event) => evolveSubruns(node, state, event), NO_SUBRUNS);
}

const asked = (what: 'plan' | 'page' | 'join'): SubrunEvent => ({ type: 'subrunsAsked', nodeId: ID, what });
const planned = (total: number, ...messages: readonly string[]): SubrunEvent => ({
  ...{ type: 'childrenPlanned', nodeId: ID, total },
  plans: messages.map((message) => aPlan(message)),
});
const started = (index: number): SubrunEvent => ({
  ...{ type: 'childStarted', nodeId: ID, index },
  ...{ runId: aRunId(index), temporalWorkflowId: `child.parent.${index}` },
});
const ended = (index: number, end = completed(`output ${index}`, index)): SubrunEvent => ({
  ...{ type: 'childEnded', nodeId: ID, index, end },
});

describe('a node that runs one workflow', () => {
  const node = aSubrun();

  it('is planned, started and joined, one after the other', () => {
    expect(decideSubruns(node, NO_SUBRUNS)).toEqual([{ type: 'planChildren', nodeId: ID, from: 0 }]);
    const one = after(node, asked('plan'), planned(1, 'a'));
    expect(decideSubruns(node, one)).toEqual([{ type: 'startChild', nodeId: ID, index: 0 }]);
    const open = evolveSubruns(node, one, started(0));
    expect(decideSubruns(node, open)).toEqual([]);
    const done = evolveSubruns(node, open, ended(0));
    expect(decideSubruns(node, done)).toEqual([{ type: 'joinChildren', nodeId: ID }]);
    expect(decideSubruns(node, evolveSubruns(node, done, asked('join')))).toEqual([]);
  });

  it('fails with what its child failed with, naming the run', () => {
    const state = after(node, asked('plan'), planned(1, 'a'), started(0), ended(0, failed('no disk', 7)));
    expect(state.failure?.message).toBe(
      `Workflow node 'sub': sub-run 'child' (run ${aRunId(7)}) failed: no disk`,
    );
  });

  it('does not start what an earlier generation has completed', () => {
    const former = { kind: 'completed', runId: aRunId(3), output: null, isStructured: false } as const;
    const plans = [aPlan('a', { former })];
    const state = after(node, asked('plan'), { type: 'childrenPlanned', nodeId: ID, total: 1, plans });
    expect(decideSubruns(node, state)).toEqual([{ type: 'joinChildren', nodeId: ID }]);
  });
});

describe('a fan-out', () => {
  it('of nothing is joined at once', () => {
    const state = after(aFanOut(), asked('plan'), planned(0));
    expect(decideSubruns(aFanOut(), state)).toEqual([{ type: 'joinChildren', nodeId: ID }]);
  });

  it('keeps as many open as it may, and asks for the next slice before places are empty', () => {
    const node = aFanOut({ maxParallel: 2 });
    const state = after(node, asked('plan'), planned(9, 'a', 'b', 'c'), started(0), started(1));
    expect(decideSubruns(node, state)).toEqual([{ type: 'planChildren', nodeId: ID, from: 3 }]);
  });

  it('goes on with the others when one has failed and the join takes everything', () => {
    const node = aFanOut({ maxParallel: 1 });
    const state = after(node, asked('plan'), planned(2, 'a', 'b'), started(0), ended(0, failed('no')));
    expect(decideSubruns(node, state)).toEqual([{ type: 'startChild', nodeId: ID, index: 1 }]);
  });

  it('S3: starts nothing more when all had to succeed, and waits for what is open', () => {
    const node = aFanOut({ maxParallel: 2, join: 'all_success' });
    const state = after(node, asked('plan'), planned(3, 'a', 'b', 'c'), started(0), started(1));
    const met = evolveSubruns(node, state, ended(1, failed('no')));
    expect(met.failure?.message).toContain('sub-run 2');
    expect(decideSubruns(node, met)).toEqual([]);
    const idle = evolveSubruns(node, met, ended(0));
    expect(decideSubruns(node, idle)).toEqual([{ type: 'joinChildren', nodeId: ID }]);
  });

  it('puts a large beginning of its list into a page, and nothing behind one that is open', () => {
    const node = aFanOut({ maxParallel: 3 });
    const large = completed('x'.repeat(70_000));
    const open = after(node, asked('plan'), planned(3, 'a', 'b', 'c'), started(0), started(1), started(2));
    const behind = evolveSubruns(node, open, ended(1, large));
    expect(decideSubruns(node, behind)).toEqual([]);
    const both = evolveSubruns(node, behind, ended(0));
    expect(decideSubruns(node, both)).toEqual([{ type: 'pageChildren', nodeId: ID, count: 2 }]);
    const text = { kind: 'inline', text: '["a page"]' } as const;
    const page: SubrunEvent = { type: 'childrenPaged', nodeId: ID, count: 2, text };
    const paged = evolveSubruns(node, evolveSubruns(node, both, asked('page')), page);
    expect(pagedCount(paged)).toBe(2);
    expect(openChildren(paged).map(({ index }) => index)).toEqual([2]);
  });

  it('is planned again from the first item that nothing has come of, after a continue-as-new', () => {
    const node = aFanOut({ maxParallel: 1 });
    const state = after(node, asked('plan'), planned(5, 'a', 'b', 'c'), started(0), ended(0));
    expect(decideSubruns(node, withoutPlans(state))).toEqual([{ type: 'planChildren', nodeId: ID, from: 1 }]);
  });

  it('knows what its children wait for until they are told', () => {
    const node = aFanOut();
    const gate = { nodeId: 'ok', message: 'Go on?', decisions: ['approve'], openedAt: 'now' };
    const report = { type: 'childReported', nodeId: ID, runId: aRunId(0), isPaused: true } as const;
    const state = after(node, asked('plan'), planned(1, 'a'), started(0), { ...report, gates: [gate] });
    expect(openChildren(state)).toMatchObject([{ isPaused: true, gates: [gate] }]);
    const told = evolveSubruns(node, state, { type: 'childDecided', nodeId: ID, index: 0, gateId: 'ok' });
    expect(openChildren(told)).toMatchObject([{ isPaused: false, gates: [] }]);
  });

  it('says of a child that was cancelled what that child has said', () => {
    const report = {
      type: 'childReported',
      nodeId: ID,
      runId: aRunId(0),
      isPaused: false,
      gates: [],
    } as const;
    const failure = { code: 'RUN_CANCELLED', message: 'it was cancelled' } as const;
    const end = { status: 'cancelled', runId: aRunId(0), failure } as const;
    const open = after(aSubrun(), asked('plan'), planned(1, 'a'), started(0));
    const told = evolveSubruns(aSubrun(), open, { ...report, endedBy: 'rejected by ann at ok: too vague' });
    expect(evolveSubruns(aSubrun(), told, ended(0, end)).failure?.message).toBe(
      `Workflow node 'sub': sub-run 'child' (run ${aRunId(0)}) was cancelled: rejected by ann at ok: too vague`,
    );
    expect(evolveSubruns(aSubrun(), open, ended(0, end)).failure?.message).toContain('it was cancelled');
  });

  it('S5: gives back the very state for an event that does not fit', () => {
    const node = aFanOut();
    const state = after(node, asked('plan'), planned(1, 'a'), started(0), ended(0));
    for (const event of [started(0), ended(0), ended(4), planned(1, 'a')]) {
      expect(evolveSubruns(node, state, event)).toBe(state);
    }
  });
});

interface Story {
  readonly count: number;
  readonly maxParallel: number;
  readonly slice: number;
  readonly outcomes: readonly boolean[];
  readonly order: readonly number[];
}

/** Performs what is decided in any order that the world may choose, and tells what came out. */
function play(story: Story): { readonly output: string; readonly begun: readonly number[] } {
  const node = aFanOut({ maxParallel: story.maxParallel });
  let state = NO_SUBRUNS;
  const begun: number[] = [];
  const pages: string[] = [];
  const tell = (event: SubrunEvent): void => void (state = evolveSubruns(node, state, event));
  const perform = (action: SubrunAction): string | null => {
    switch (action.type) {
      case 'planChildren': {
        tell(asked('plan'));
        const messages = Array.from({ length: story.count }, (_, index) => `item ${index}`);
        tell(planned(story.count, ...messages.slice(action.from, action.from + story.slice)));
        return null;
      }
      case 'startChild':
        begun.push(action.index);
        tell(started(action.index));
        expect(openChildren(state).length).toBeLessThanOrEqual(story.maxParallel);
        return null;
      case 'pageChildren': {
        tell(asked('page'));
        const elements = elementsOf(state.children, action.count);
        const text = joined([], elements, elements.map(textOf));
        pages.push(text);
        tell({ type: 'childrenPaged', nodeId: ID, count: action.count, text: { kind: 'inline', text } });
        return null;
      }
      case 'joinChildren': {
        const elements = elementsOf(state.children);
        return joined(pages, elements, elements.map(textOf));
      }
    }
  };
  for (let step = 0; step < 10_000; step += 1) {
    const actions = decideSubruns(node, state);
    for (const action of actions) {
      const output = perform(action);
      if (output !== null) return { output, begun };
    }
    const open = openChildren(state);
    if (actions.length > 0 || open.length === 0) continue;
    const { index } = open[(story.order[step % story.order.length] ?? 0) % open.length]!;
    const large = 'y'.repeat(20_000);
    const isGood = story.outcomes[index % story.outcomes.length] ?? true;
    tell(ended(index, isGood ? completed(`${index} ${large}`) : failed(`${index}`)));
  }
  throw new Error('it never ends');
}

const textOf = (element: ReturnType<typeof elementsOf>[number]): string =>
  element.kind === 'text' && element.text.kind === 'inline' ? element.text.text : '';

describe('any fan-out', () => {
  it('S1, S6: begins each item once, and has its elements in the order of the items', () => {
    const stories = fc.record({
      count: fc.nat(25),
      maxParallel: fc.integer({ min: 1, max: 7 }),
      slice: fc.integer({ min: 1, max: 9 }),
      outcomes: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
      order: fc.array(fc.nat(9), { minLength: 1, maxLength: 9 }),
    });
    fc.assert(
      fc.property(stories, (story) => {
        const { output, begun } = play(story);
        const indexes = Array.from({ length: story.count }, (_, index) => index);
        expect([...begun].sort((a, b) => a - b)).toEqual(indexes);
        const elements = JSON.parse(output) as readonly (string | { error: string })[];
        const told = elements.map((element) =>
          Number.parseInt(typeof element === 'string' ? element : element.error, 10),
        );
        expect(told).toEqual(indexes);
      }),
    );
  });
});
