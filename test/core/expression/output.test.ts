import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunError } from '../../../src/core/errors.js';
import {
  INLINE_LIMIT_BYTES,
  byteLength,
  readDeclaredFields,
  readFields,
  readStructured,
  toOutput,
  toStructuredOutput,
} from '../../../src/core/expression/output.js';

describe('fields of a text', () => {
  it.each([
    ['{"a":1,"b":2}', ['a'], { a: '1' }],
    ['  {"a":"x"}\n', ['a'], { a: 'x' }],
    ['{"a":1}', ['b'], {}],
    ['text ```json\n{"a":1}\n``` text', ['a'], { a: '1' }],
    ['```\n{"a":1}\n  ```', ['a'], { a: '1' }],
    ['```json\n{"a":"```\\n"}\n```', ['a'], { a: '```\n' }],
    ['```json\n{"a":1}', ['a'], null],
    ['```{"a":1}```', ['a'], null],
    ['[1]', ['a'], null],
    ['null', ['a'], null],
    ['5', ['a'], null],
    ['', ['a'], null],
    ['{"a":1', ['a'], null],
    ['{"a":1}', [], null],
    ['{"__proto__":{"x":1}}', ['__proto__', 'x'], { ['__proto__']: '{"x":1}' }],
  ])('%j has %j as %j', (text, names, expected) => {
    const fields = readFields(text, names);
    const shown =
      fields === null ? null : Object.fromEntries(fields.map((field) => [field.name, field.text]));
    expect(shown).toEqual(expected);
  });

  it('survive any text, also one that is nested a million deep', () => {
    const deep = `{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`;
    expect(readFields(deep, ['a'])).toBeNull();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.array(fc.string()), (text, names) => {
        const fields = readFields(text, names);
        expect(fields === null || fields.every(({ name }) => names.includes(name))).toBe(true);
      }),
    );
  });

  it('are found quickly in a hostile megabyte', () => {
    const startedAt = performance.now();
    for (const piece of ['```', '```\n', '\n', '```json\n   \n', ' ', '{"a":']) {
      readFields(piece.repeat(1e6 / piece.length), ['a']);
    }
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('a structured output', () => {
  it.each([
    ['{"a":1}', { a: 1 }, '{"a":1}'],
    [' [1,2] ', [1, 2], ' [1,2] '],
    ['null', null, 'null'],
    ['"x"', 'x', '"x"'],
    ['Here:\n```json\n{"a": 1}\n```\nDone.', { a: 1 }, '{"a": 1}'],
    ['```\nnull\n```', null, 'null'],
  ])('%j is %j', (text, value, json) => {
    expect(readStructured(text)).toEqual({ value, json });
  });

  it.each(['', 'words', '{"a":1', '```json\nwords\n```', '```{"a":1}```'])('%j is none', (text) => {
    expect(readStructured(text)).toBeNull();
  });

  it('has the declared fields that are read; absent and null ones are empty', () => {
    const value = { a: 1, b: null, c: 'x', d: { e: [] } };
    expect(readDeclaredFields(value, ['a', 'b', 'd', 'f', 'c'], ['a', 'b', 'd', 'f'])).toEqual([
      { name: 'a', type: 'number', text: '1' },
      { name: 'b', type: 'string', text: '' },
      { name: 'd', type: 'json', text: '{"e":[]}' },
      { name: 'f', type: 'string', text: '' },
    ]);
  });

  it('has no fields of what every object has, and none when it is no object', () => {
    expect(readDeclaredFields({}, ['toString'], ['toString'])).toEqual([
      { name: 'toString', type: 'string', text: '' },
    ]);
    for (const value of [[1], 'x', 5, null, true]) expect(readDeclaredFields(value, ['a'], ['a'])).toBeNull();
  });
});

it('an output up to the limit stays inline, a larger one is refused here', () => {
  const text = 'é'.repeat(INLINE_LIMIT_BYTES / 2);
  expect(byteLength(text)).toBe(INLINE_LIMIT_BYTES);
  expect(toOutput(text, [])).toEqual({ text: { kind: 'inline', text }, fields: null });
  expect(() => toOutput(`${text}e`, [])).toThrow(RunError);
});

it('a structured output has every field that is read, absent ones empty', () => {
  expect(toStructuredOutput({ decision: 'approve', text: 'go' }, ['decision', 'reason'])).toEqual({
    text: { kind: 'inline', text: '{"decision":"approve","text":"go"}' },
    fields: {
      decision: { type: 'string', text: { kind: 'inline', text: 'approve' } },
      reason: { type: 'string', text: { kind: 'inline', text: '' } },
    },
    isStructured: true,
  });
});
