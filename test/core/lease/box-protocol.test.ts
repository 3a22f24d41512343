import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTOR_NAMES, HostWorld, type Rule } from './host-world.js';

/** One thing that happens in a world; where nothing fits its number, nothing happens. */
class Happening implements fc.Command<object, HostWorld> {
  constructor(
    private readonly name: string,
    private readonly number: number,
    private readonly happen: (world: HostWorld, number: number) => void,
  ) {}

  check(): boolean {
    return true;
  }

  run(_model: object, world: HostWorld): void {
    this.happen(world, this.number);
    if (world.violations.length > 0) throw new Error(world.violations.join('; '));
  }

  toString(): string {
    return `${this.name} ${this.number}`;
  }
}

const nth = <Item>(items: readonly Item[], number: number): Item | undefined =>
  items[items.length === 0 ? 0 : number % items.length];
const late = <Item>(items: readonly Item[], number: number): Item | undefined => nth(items.slice(-3), number);

const HAPPENINGS: Readonly<Record<string, (world: HostWorld, number: number) => void>> = {
  admit: (world, number) => world.admit(nth(ACTOR_NAMES, number)!),
  terminate: (world, number) => world.terminate(nth(ACTOR_NAMES, number)!),
  reset: (world, number) => world.reset(nth(ACTOR_NAMES, number)!),
  // A resume is a new start under the same ID, once the run has closed.
  resume: (world, number) => world.resume(nth(ACTOR_NAMES, number)!),
  // Keeps the token: the execution stays what it is, and its tasks open the box anew.
  continueAsNew: (world, number) => {
    const current = world.currentOf(nth(ACTOR_NAMES, number)!);
    if (current?.isOpen === true) world.beginOpening(current);
  },
  open: (world, number) => {
    const execution = late(world.executions, number);
    if (execution !== undefined) world.beginOpening(execution);
  },
  advance: (world, number) => {
    const opener = late(world.openers, number);
    if (opener !== undefined) world.advance(opener);
  },
  finishOpening: (world, number) => {
    const opener = late(world.openers, number);
    for (let step = 0; opener !== undefined && step < 3; step += 1) world.advance(opener);
  },
  giveUpOpening: (world, number) => {
    const opener = late(world.openers, number);
    for (let step = 0; opener !== undefined && step < 40; step += 1) world.advance(opener);
  },
  enter: (world, number) => {
    const box = late(world.boxes, number);
    if (box !== undefined) world.enter(box);
  },
  die: (world, number) => {
    const box = late(world.boxes, number);
    if (box !== undefined) world.kill(box);
  },
  drain: (world, number) => {
    const box = late(world.boxes, number);
    if (box !== undefined) world.drain(box);
  },
  close: (world, number) => {
    const box = late(world.boxes, number);
    if (box !== undefined) world.close(box);
  },
  closeLate: (world, number) => {
    const execution = late(world.executions, number);
    if (execution !== undefined) world.closeLate(execution);
  },
  evict: (world) => world.reconcile(),
  loseTemporal: (world) => (world.isTemporalAway = !world.isTemporalAway),
};

/** Those that carry a history forward come more often. */
const WEIGHTS: Readonly<Record<string, number>> = {
  admit: 3,
  open: 4,
  advance: 10,
  finishOpening: 6,
  enter: 5,
};

const histories = fc.commands(
  Object.entries(HAPPENINGS).flatMap(([name, happen]) =>
    Array.from({ length: WEIGHTS[name] ?? 1 }, () =>
      fc.nat(5).map((number) => new Happening(name, number, happen)),
    ),
  ),
  { maxCommands: 80, size: 'max' },
);

function tell(history: Iterable<fc.Command<object, HostWorld>>, broken: Rule | null): HostWorld {
  const world = new HostWorld(broken);
  fc.modelRun(() => ({ model: {}, real: world }), history);
  return world;
}

describe('the protocol of boxes, over random histories of two Temporals, their workers and the kernel', () => {
  it('keeps runs apart: one has living processes, none opens after a newer one, no open run is evicted', () => {
    fc.assert(
      fc.property(histories, (history) => void tell(history, null)),
      { numRuns: 5_000 },
    );
  });

  it('leaves nobody stuck: when all others are over, the next run of any ID opens and works', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(...ACTOR_NAMES), (history, actor) => {
        const world = tell(history, null);
        world.isTemporalAway = false;
        for (const name of ACTOR_NAMES) world.terminate(name);
        world.reconcile();
        for (const box of world.boxes) world.drain(box);
        world.admit(actor);
        world.beginOpening(world.currentOf(actor)!);
        const opener = world.openers.at(-1)!;
        for (let step = 0; step < 20; step += 1) world.advance(opener);
        world.enter(opener.box!);
        expect(opener.stage).toBe('opened');
        expect(opener.box?.processes).toBe(1);
        expect(world.violations).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each<[Rule, string]>([
    ['B1', 'the owner record changes though the lock is lost'],
    ['B2', 'a box outlives its worker'],
    ['B3', 'a free lock passes for a proof'],
    ['B4', 'Temporal is not asked'],
    ['B5', 'it proceeds on hope'],
    ['B6', 'whoever closes late closes what a later generation has'],
  ])('without %s (%s) a history is found that breaks it', (rule) => {
    const details = fc.check(
      fc.property(histories, (history) => void tell(history, rule)),
      { numRuns: 20_000 },
    );
    expect(details.failed).toBe(true);
    expect(String(details.errorInstance)).toMatch(/at once|fence number|newer one|evicted|older one/);
  });
});
