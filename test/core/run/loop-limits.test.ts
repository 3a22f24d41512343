import { describe, expect, it } from 'vitest';
import { fromSnapshot, toSnapshot } from '../../../src/core/run/snapshot.js';
import { outputsToStore, snapshotWithin, withOutputs } from '../../../src/core/run/snapshot-size.js';
import { toldFrom } from '../../../src/core/run/place.js';
import type { RunEvent, RunState } from '../../../src/core/run/run-state.js';
import { aBashNode, aDefinition, aFileOutput, aLoopGroup, nodeId } from '../../support/builders.js';
import { nodeCompleted, nodeStarted, stateAfter } from '../../support/run-events.js';
import { simulate } from './simulate.js';

/** Five times the second that a loop of this length is allowed. */
const BOUND_MS = 5 * 1_000;
const script = { kind: 'inline', text: 'test -f done' } as const;
const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;
const largestOf = (states: readonly RunState[]): number =>
  Math.max(...states.filter((_, index) => index % 500 === 0).map((state) => bytesOf(state)));

describe('a loop of a thousand iterations', () => {
  const rules = { until: null, untilBash: script, maxIterations: 1_000 };
  const body = [
    aBashNode('a'),
    aBashNode('b', { needs: ['a'], script: 'after $LOOP_PREV.b.output'.slice(0, 5) }),
  ];
  const definition = aDefinition([aLoopGroup('g', body, { rules })]);

  it('is decided and evolved in far below its bound, and its state does not grow', () => {
    const begun = performance.now();
    const { state, steps } = simulate(definition, { check: (name) => name === 'g.1000' });
    expect(performance.now() - begun).toBeLessThan(BOUND_MS);
    expect(state.nodes[0]).toMatchObject({ status: 'completed', attempt: 1_000 });
    expect(largestOf(steps.map(({ after }) => after))).toBeLessThan(10_000);
  });
});

describe('the snapshot of a loop at work', () => {
  const large = 'x'.repeat(15_000);
  const names = Array.from({ length: 20 }, (_, index) => `b${index}`);
  const inner = aLoopGroup(
    'h',
    names.map((name) => aBashNode(name)),
    { rules: { maxIterations: 9 } },
  );
  const definition = aDefinition([aLoopGroup('g', [inner])]);
  const around = (iteration: number) => [
    { nodeId: nodeId('g'), iteration: 1 },
    { nodeId: nodeId('h'), iteration },
  ];
  const at = '2026-11-22T09:00:00.000Z';
  const iteration = (count: number): readonly RunEvent[] => [
    toldFrom(around(count).slice(0, 1), {
      type: 'iterationStarted',
      nodeId: nodeId('h'),
      iteration: count,
      at,
    }),
    ...names.flatMap((name) =>
      [nodeStarted(name), nodeCompleted(name, large)].map((event) => toldFrom(around(count), event)),
    ),
    ...(count > 1
      ? []
      : [
          toldFrom(around(count), {
            type: 'runFinished',
            outcome: { status: 'completed', result: null },
            at,
          }),
          toldFrom(around(count).slice(0, 1), {
            type: 'iterationEnded',
            nodeId: nodeId('h'),
            iteration: count,
            isMet: false,
            durationMs: 1,
            totalMs: 1,
            at,
          }),
        ]),
  ];
  const state = stateAfter(
    definition,
    { type: 'iterationStarted', nodeId: nodeId('g'), iteration: 1, at },
    ...iteration(1),
    ...iteration(2),
  );

  it('gives it back after a journey as JSON', () => {
    const carried: unknown = JSON.parse(JSON.stringify(toSnapshot(state)));
    expect(fromSnapshot(definition, {}, carried)).toEqual(state);
  });

  it('fits once outputs of both iterations have moved to files', () => {
    const limit = 300 * 1024;
    expect(bytesOf(toSnapshot(state))).toBeGreaterThan(2 * limit * 0.9);
    const moving = Object.keys(outputsToStore(state, limit));
    expect(moving).toContain('g.h.b0');
    expect(moving.some((name) => name.includes(' before'))).toBe(true);
    const files = Object.fromEntries(moving.map((name) => [name, aFileOutput(15_000, 'x'.repeat(2_000))]));
    const moved = withOutputs(state, files);
    expect(bytesOf(toSnapshot(moved))).toBeLessThanOrEqual(limit);
    expect(bytesOf(snapshotWithin(moved, 250 * 1024))).toBeLessThanOrEqual(250 * 1024);
  });

  it('is not made while a node of the innermost body runs', () => {
    const [first] = iteration(3).slice(1);
    const running = stateAfter(
      definition,
      { type: 'iterationStarted', nodeId: nodeId('g'), iteration: 1, at },
      ...iteration(1).slice(0, 2),
    );
    expect(first).toBeDefined();
    expect(() => toSnapshot(running)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});
