import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { jsonSchema } from '../../../src/core/definition/yaml-schema.js';
import { keysOfSchema, type Schema } from './schema-keys.js';

it('the file for editors is what the schema makes', () => {
  const file = readFileSync(new URL('../../../schema/workflow.json', import.meta.url), 'utf8');
  expect(JSON.parse(file)).toEqual(jsonSchema());
});

it('every key has a description and an example', () => {
  const keys = keysOfSchema(jsonSchema());
  expect(keys.map(([path]) => path)).toEqual(
    expect.arrayContaining([
      '.name',
      'node:.approval.decisions[].id',
      '.inputs[].default',
      'node:.retry.delay_ms',
      'node:.loop_group.nodes',
    ]),
  );
  const bare = keys.filter(
    ([, schema]) => typeof schema['description'] !== 'string' || !Array.isArray(schema['examples']),
  );
  expect(bare.map(([path]) => path)).toEqual([]);
});

it('editors mark unknown keys, and nodes without kind or with two, in bodies, too', () => {
  const schema = jsonSchema() as {
    additionalProperties: unknown;
    properties: { nodes: Schema };
    $defs: Schema;
  };
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.nodes).toMatchObject({ items: { $ref: '#/$defs/node' } });
  const kinds = [
    ...['bash', 'script', 'prompt', 'command', 'loop', 'approval', 'cancel', 'include', 'workflow'],
    'loop_group',
  ];
  expect(schema.$defs['node']).toMatchObject({
    additionalProperties: false,
    oneOf: kinds.map((kind) => ({ required: [kind] })),
    properties: { loop_group: { properties: { nodes: { items: { $ref: '#/$defs/node' } } } } },
  });
});
