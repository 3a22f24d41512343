import { describe, expect, it } from 'vitest';
import { nearestName } from '../../src/core/nearest-name.js';

describe('the nearest name', () => {
  const KEYS = ['name', 'description', 'nodes', 'interactive', 'depends_on', 'trigger_rule'];
  it.each([
    ['nmae', 'name'],
    ['node', 'nodes'],
    ['descripton', 'description'],
    ['dependson', 'depends_on'],
    ['Interactive', 'interactive'],
    ['triger_role', 'trigger_rule'],
    ['colour', null],
    ['x', null],
    ['', null],
  ])('to %j is %s', (name, nearest) => {
    expect(nearestName(name, KEYS)).toBe(nearest);
  });

  it('is the first of equally near ones, and one whatever its case', () => {
    expect(nearestName('bat', ['cat', 'hat'])).toBe('cat');
    expect(nearestName('q', ['a', 'Q'])).toBe('Q');
  });

  it('is found quickly for hostile names', () => {
    const startedAt = performance.now();
    expect(nearestName('a'.repeat(1e6), Array<string>(1_000).fill('b'.repeat(1_000)))).toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
