import { describe, expect, it } from 'vitest';
import { chainFault } from '../../../src/core/definition/chains.js';

const along =
  (links: Readonly<Record<string, readonly string[]>>) =>
  (name: string): readonly string[] =>
    links[name] ?? [];

describe('a chain of names', () => {
  it('may be as long as it may', () => {
    expect(chainFault('a', 'b', along({ b: ['c'], c: ['d'] }), 3)).toBeNull();
  });

  it('that is longer is told as far as it is wrong', () => {
    const links = along({ b: ['x', 'c'], c: ['d'], d: ['e'], e: ['f'] });
    expect(chainFault('a', 'b', links, 3)).toEqual({ kind: 'tooDeep', names: ['a', 'b', 'c', 'd', 'e'] });
  });

  it('that leads back is told the shortest way', () => {
    const links = along({ b: ['c', 'd'], c: ['d'], d: ['a'] });
    expect(chainFault('a', 'b', links, 9)).toEqual({ kind: 'cycle', names: ['a', 'b', 'd', 'a'] });
    expect(chainFault('a', 'a', links, 9)).toEqual({ kind: 'cycle', names: ['a', 'a'] });
  });

  it('is not followed round a circle that it only touches', () => {
    expect(chainFault('a', 'b', along({ b: ['c'], c: ['b'] }), 3)).toBeNull();
  });

  it('of many layers that all hang together is judged at once', () => {
    const layer = (depth: number): string[] => Array.from({ length: 50 }, (_, one) => `${depth}.${one}`);
    const links = (name: string): readonly string[] => {
      const depth = name === 'b' ? 0 : Number(name.split('.')[0]);
      return depth < 8 ? layer(depth + 1) : [];
    };
    expect(chainFault('a', 'b', links, 9)).toBeNull();
    expect(chainFault('a', 'b', links, 8)).toMatchObject({ kind: 'tooDeep' });
  });
});
