import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, stableStringify, type Json } from '../../src/core/json.js';

const json = fc.jsonValue() as fc.Arbitrary<Json>;

/** The same value, built with the keys of every object in the opposite order. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(reversed);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe('stable text', () => {
  it('reads back as the value it was made of', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(stableStringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('does not depend on the order in which an object was built', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(stableStringify(reversed(value))).toBe(stableStringify(value));
      }),
    );
  });

  it('differs for different values', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const isSame = stableStringify(a) === stableStringify(b);
        expect(isSame).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
      }),
    );
  });

  it('keeps the order of lists', () => {
    expect(stableStringify([{ b: 1, a: [2, 1] }, null])).toBe('[{"a":[2,1],"b":1},null]');
  });
});

/** By code unit, as an independent way to a canonical form. */
function sorted(value: Json): unknown {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).sort();
  return { keys, members: keys.map((key) => sorted(value[key] ?? null)) };
}

describe('an object', () => {
  it.each([
    [{}, true],
    [{ a: 1 }, true],
    [[], false],
    [null, false],
    ['a', false],
    [undefined, false],
  ])('%j: %s', (value, isObject) => {
    expect(isJsonObject(value)).toBe(isObject);
  });
});
