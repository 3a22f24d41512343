import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunId } from '../../../src/core/ids.js';
import { decideQueue } from '../../../src/core/queue/decide.js';
import { evolveQueue } from '../../../src/core/queue/evolve.js';
import {
  emptyQueue,
  placeOf,
  QUEUE_DEPTH,
  type QueueEvent,
  type QueueState,
} from '../../../src/core/queue/queue-state.js';

const id = (name: string | number): RunId => String(name) as RunId;
const at = (second: number): string => new Date(second * 1000).toISOString();
const entered = (name: string | number, second = 0): QueueEvent => ({
  type: 'entered',
  entry: { runId: id(name), enteredAt: at(second) },
});
const about = (
  type: 'left' | 'lost' | 'offered' | 'started' | 'busy' | 'refusalTold',
  name: string,
): QueueEvent => ({ type, runId: id(name) });
const freed: QueueEvent = { type: 'pathFreed' };
const after = (...events: readonly QueueEvent[]): QueueState => events.reduce(evolveQueue, emptyQueue());
const order = ({ entries }: QueueState): string => entries.map(({ runId }) => runId).join('');

/** `a` and `b` wait, and `a` has been told to start. */
const OFFERED = [entered('a'), entered('b'), freed, about('offered', 'a')];

describe('a queue', () => {
  it('closes when nobody waits', () => {
    expect(decideQueue(emptyQueue())).toEqual({ kind: 'close' });
  });

  it('watches the path while somebody waits, and offers it to the first once it is free', () => {
    expect(decideQueue(after(entered('a'), entered('b')))).toEqual({ kind: 'watch' });
    expect(decideQueue(after(entered('a'), entered('b'), freed))).toEqual({ kind: 'offer', runId: 'a' });
    expect(decideQueue(after(...OFFERED))).toEqual({ kind: 'awaitAnswer', runId: 'a' });
  });

  it.each<[string, QueueEvent, string, string]>([
    ['started', about('started', 'a'), 'b', 'blocked'],
    ['busy: overtaken, it keeps its place', about('busy', 'a'), 'ab', 'blocked'],
    ['left: the next has the same chance', about('left', 'a'), 'b', 'free'],
    ['lost: it may have started before', about('lost', 'a'), 'b', 'blocked'],
  ])('after an offer that ends as %s', (_what, event, entries, phase) => {
    const state = after(...OFFERED, event);
    expect([order(state), state.phase.kind]).toEqual([entries, phase]);
  });

  it.each<[string, readonly QueueEvent[], QueueEvent]>([
    ['an entry that is there', [entered('a')], entered('a', 9)],
    ['a leaver who is not there', [entered('a')], about('left', 'b')],
    ['an offer to somebody else than the first', [entered('a'), entered('b'), freed], about('offered', 'b')],
    ['an offer of a path that is held', [entered('a')], about('offered', 'a')],
    ['an answer of somebody who was not asked', OFFERED, about('busy', 'b')],
    ['news of a free path while one is told to start', OFFERED, freed],
    ['a dismissal of nobody', [], { type: 'dismissed' }],
    ['a refusal that nobody waits for', OFFERED, about('refusalTold', 'a')],
  ])('is left as it is by %s', (_what, before, event) => {
    const state = after(...before);
    expect(evolveQueue(state, event)).toBe(state);
  });

  it('is in the order in which tickets were made, however late they arrive', () => {
    expect(order(after(entered('c', 3), entered('a', 1), entered('d', 3), entered('b', 2)))).toBe('abcd');
  });

  it('never takes an offer back for an earlier ticket that arrives late', () => {
    const state = after(...[entered('b', 2), freed, about('offered', 'b')], entered('a', 1));
    expect(decideQueue(state)).toEqual({ kind: 'awaitAnswer', runId: 'b' });
    expect(decideQueue([about('busy', 'b'), freed].reduce(evolveQueue, state))).toEqual({
      kind: 'offer',
      runId: 'a',
    });
  });

  it(`has ${QUEUE_DEPTH} places, and tells the next that it is full`, () => {
    const full = after(...Array.from({ length: QUEUE_DEPTH }, (_, index) => entered(index)));
    const state = evolveQueue(full, entered('late'));
    expect(state.entries).toHaveLength(QUEUE_DEPTH);
    expect(decideQueue(state)).toEqual({ kind: 'tellRefusal', runId: 'late', refusal: 'full' });
    expect(evolveQueue(state, entered('late'))).toBe(state);
    expect(evolveQueue(state, about('refusalTold', 'late'))).toEqual(full);
  });

  it('that is dismissed tells everybody, and closes', () => {
    let state = after(...OFFERED, { type: 'dismissed' });
    const told: unknown[] = [];
    for (let action = decideQueue(state); action.kind !== 'close'; action = decideQueue(state)) {
      told.push(action);
      if (action.kind !== 'tellRefusal') break;
      state = evolveQueue(state, { type: 'refusalTold', runId: action.runId });
    }
    expect(told).toEqual([
      { kind: 'tellRefusal', runId: 'a', refusal: 'dismissed' },
      { kind: 'tellRefusal', runId: 'b', refusal: 'dismissed' },
    ]);
  });

  it('knows places from 1', () => {
    const state = after(entered('a'), entered('b'));
    expect([placeOf(state, 'a'), placeOf(state, 'b'), placeOf(state, 'c')]).toEqual([1, 2, null]);
  });
});

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;

/** Anything that anybody may say to a queue, in any order. */
const anyEvent: fc.Arbitrary<QueueEvent> = fc.oneof(
  fc.tuple(fc.constantFrom(...NAMES), fc.nat(3)).map(([name, second]) => entered(name, second)),
  fc
    .tuple(
      fc.constantFrom('left', 'lost', 'offered', 'started', 'busy', 'refusalTold'),
      fc.constantFrom(...NAMES),
    )
    .map(([type, name]) => about(type as 'left', name)),
  fc.constant(freed),
);

describe('whatever happens to a queue, in whatever order', () => {
  it('Q1: an offer goes to the first who waits, and to nobody while another has one', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let state = emptyQueue();
        for (const event of events) {
          const action = decideQueue(state);
          if (action.kind === 'offer') {
            expect(state.phase.kind).toBe('free');
            expect(action.runId).toBe(state.entries[0]?.runId);
          }
          state = evolveQueue(state, event);
          const { phase } = state;
          if (phase.kind === 'offered') expect(placeOf(state, phase.runId)).not.toBeNull();
        }
      }),
    );
  });

  it('Q2, Q3: places are lost only by starting, leaving or an end of the ticket, and are never doubled', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let state = emptyQueue();
        const waiting = new Set<string>();
        for (const event of events) {
          state = evolveQueue(state, event);
          if (event.type === 'entered') waiting.add(event.entry.runId);
          if (event.type === 'left' || event.type === 'lost' || event.type === 'started') {
            waiting.delete(event.runId);
          }
          const runIds = state.entries.map(({ runId }) => runId);
          expect([...runIds].sort()).toEqual([...waiting].sort());
          expect(decideQueue(state).kind === 'close').toBe(waiting.size === 0);
          const times = state.entries.map(({ enteredAt }) => enteredAt);
          expect(times).toEqual([...times].sort());
        }
      }),
    );
  });

  it('Q4: served to the end, everybody who stays starts once, in order of arrival, on a path that is free', () => {
    const plan = fc.array(
      fc.record({ name: fc.constantFrom(...NAMES), fate: fc.constantFrom('starts', 'leaves', 'dies') }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(plan, fc.array(fc.boolean(), { maxLength: 12 }), (waiters, overtakings) => {
        const fates = new Map(waiters.map(({ name, fate }) => [id(name), fate]));
        let state = [...fates.keys()].reduce(
          (s, name, second) => evolveQueue(s, entered(name, second)),
          emptyQueue(),
        );
        const isOvertaken = [...overtakings];
        const started: string[] = [];
        for (let turns = 0; decideQueue(state).kind !== 'close'; turns += 1) {
          expect(turns).toBeLessThan(200);
          const action = decideQueue(state);
          if (action.kind === 'watch') state = evolveQueue(state, freed);
          if (action.kind === 'offer') state = evolveQueue(state, { type: 'offered', runId: action.runId });
          if (action.kind !== 'awaitAnswer') continue;
          const { runId } = action;
          const fate = fates.get(runId);
          if (fate === 'leaves') state = evolveQueue(state, { type: 'left', runId });
          else if (fate === 'dies') state = evolveQueue(state, { type: 'lost', runId });
          else if (isOvertaken.shift() === true) state = evolveQueue(state, { type: 'busy', runId });
          else {
            started.push(runId);
            state = evolveQueue(state, { type: 'started', runId });
            expect(['watch', 'close']).toContain(decideQueue(state).kind);
          }
        }
        expect(started).toEqual([...fates].filter(([, fate]) => fate === 'starts').map(([name]) => name));
      }),
    );
  });
});
