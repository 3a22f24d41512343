import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { jsonSchema } from '../../../src/core/definition/yaml-schema.js';

type Schema = Readonly<Record<string, unknown>>;

/** Every key that a schema describes, as a dotted path. */
function keysIn(schema: Schema, path = ''): (readonly [string, Schema])[] {
  const inner = ['items', 'additionalProperties'].flatMap((key) =>
    typeof schema[key] === 'object' ? keysIn(schema[key] as Schema, `${path}[]`) : [],
  );
  const own = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>).flatMap(
    ([key, value]) => [[`${path}.${key}`, value] as const, ...keysIn(value, `${path}.${key}`)],
  );
  return [...own, ...inner];
}

it('the file for editors is what the schema makes', () => {
  const file = readFileSync(new URL('../../../schema/workflow.json', import.meta.url), 'utf8');
  expect(JSON.parse(file)).toEqual(jsonSchema());
});

it('every key has a description and an example', () => {
  const keys = keysIn(jsonSchema());
  expect(keys.map(([path]) => path)).toEqual(
    expect.arrayContaining([
      '.name',
      '.nodes[].approval.decisions[].id',
      '.inputs[].default',
      '.nodes[].retry.delay_ms',
    ]),
  );
  const bare = keys.filter(
    ([, schema]) => typeof schema['description'] !== 'string' || !Array.isArray(schema['examples']),
  );
  expect(bare.map(([path]) => path)).toEqual([]);
});

it('editors mark unknown keys, and nodes without kind or with two', () => {
  const schema = jsonSchema() as { additionalProperties: unknown; properties: { nodes: { items: Schema } } };
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.nodes.items).toMatchObject({
    additionalProperties: false,
    oneOf: [{ required: ['bash'] }, { required: ['approval'] }, { required: ['cancel'] }],
  });
});
