import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, planFrom, type PlannedFault } from './plan.js';

const first = (count: number, seed: number): PlannedFault[] => {
  const plan = planFrom(seed, 3);
  return Array.from({ length: count }, () => plan.next().value);
};

describe('the plan of a chaos run', () => {
  it('is the same for the same seed', () => {
    expect(first(200, 7)).toEqual(first(200, 7));
  });

  it('is another for another seed', () => {
    expect(first(20, 7)).not.toEqual(first(20, 8));
  });

  it('breaks everything once before it breaks anything again', () => {
    const kinds = first(2 * FAULT_KINDS.length, 3).map(({ kind }) => kind);
    expect(kinds.slice(0, FAULT_KINDS.length).sort()).toEqual([...FAULT_KINDS].sort());
    expect(kinds.slice(FAULT_KINDS.length).sort()).toEqual([...FAULT_KINDS].sort());
  });

  it('reaches every path', () => {
    expect(new Set(first(200, 1).map(({ path }) => path))).toEqual(new Set([0, 1, 2]));
  });
});
