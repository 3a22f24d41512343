import { describe, expect, it } from 'vitest';
import { readShape } from '../../../src/core/definition/output-shape.js';
import type { Json, JsonObject } from '../../../src/core/json.js';

const REPORT: JsonObject = {
  type: 'object',
  required: ['verdict'],
  additionalProperties: false,
  properties: {
    verdict: { enum: ['good', 'bad'] },
    items: {
      type: 'array',
      items: { type: 'object', properties: { size: { type: 'integer', minimum: 1 } } },
    },
    link: { type: 'string', format: 'uri', 'x-ours': true },
  },
};

describe('a declared shape', () => {
  it('knows the fields that may be read', () => {
    expect(readShape(REPORT).declared).toEqual(['verdict', 'items', 'link']);
    expect(readShape({ type: 'array' }).declared).toEqual([]);
  });

  it.each<Json>([
    { verdict: 'good' },
    { verdict: 'bad', items: [{ size: 3 }, {}], link: 'formats are not checked' },
  ])('takes %j', (value) => {
    expect(() => readShape(REPORT).require(value)).not.toThrow();
  });

  it.each<[Json, string]>([
    [[], 'the output must be object'],
    ['x', 'the output must be object'],
    [{}, "the output must have required property 'verdict'"],
    [{ verdict: 'so so' }, '/verdict must be equal to one of the allowed values (["good","bad"])'],
    [{ verdict: 'good', more: 1 }, 'the output must NOT have additional properties ("more")'],
    [{ verdict: 'good', items: [{ size: 3 }, { size: 0 }] }, '/items/1/size must be >= 1'],
    [{ verdict: 'good', items: [{ size: '3' }] }, '/items/0/size must be integer'],
  ])('refuses %j, saying where', (value, place) => {
    expect(() => readShape(REPORT).require(value)).toThrow(
      expect.objectContaining({
        code: 'OUTPUT_INVALID',
        message: `put out what does not fit its output_format: ${place}`,
      }),
    );
  });

  it('names no more than three faults', () => {
    const anyOf = Array.from({ length: 9 }, (_, index) => ({ type: 'object', required: [`f${index}`] }));
    expect(() => readShape({ anyOf }).require({})).toThrow(
      /: the output must have required property 'f0'; [^;]*; [^;]*$/,
    );
  });

  it.each<[string, JsonObject]>([
    ['of draft 7', { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'number' }] }],
    [
      'of 2020-12',
      { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'number' }] },
    ],
    ['without a word on its draft', { $defs: { n: { type: 'number' } }, items: { $ref: '#/$defs/n' } }],
  ])('may be %s', (_draft, schema) => {
    expect(() => readShape(schema).require([1])).not.toThrow();
    expect(() => readShape(schema).require(['1'])).toThrow('/0 must be number');
  });

  it.each<[string, JsonObject]>([
    ['an unknown type', { type: 'text' }],
    ['a reference that leads nowhere', { $ref: '#/$defs/none' }],
    ['a reference to another place', { $ref: 'https://example.com/schema.json' }],
    ['an unknown draft', { $schema: 'https://example.com/draft' }],
  ])('is refused as a schema with %s', (_what, schema) => {
    expect(() => readShape(schema)).toThrow(
      expect.objectContaining({
        code: 'OUTPUT_INVALID',
        message: expect.stringMatching(
          /^its output_format is no JSON Schema: .*\. Correct it in the workflow file$/,
        ),
      }),
    );
  });
});
