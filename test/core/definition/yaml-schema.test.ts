import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchema } from '../../../src/core/definition/yaml-schema.js';
import { keysOfSchema, type Schema } from './schema-keys.js';

it('the file for editors is what the schema makes', () => {
  const file = readFileSync(new URL('../../../schema/workflow.json', import.meta.url), 'utf8');
  expect(JSON.parse(file)).toEqual(jsonSchema());
});

it('it is of the newest draft that editors know, and takes a file that has every key', () => {
  const schema = jsonSchema();
  expect(schema).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#' });
  const fits = new Ajv({ strict: false }).compile(schema);
  const file = readFileSync(new URL('../../fixtures/definitions/every-key.yaml', import.meta.url), 'utf8');
  fits(parse(file));
  expect(fits.errors).toBeNull();
  expect(fits({ ...(parse(file) as object), nodez: [] })).toBe(false);
  expect(fits({ name: 'w', description: 'd', nodes: [{ id: 'a', bash: 'x', prompt: 'y' }] })).toBe(false);
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
    definitions: Schema;
  };
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.nodes).toMatchObject({ items: { $ref: '#/definitions/node' } });
  const kinds = [
    ...['bash', 'script', 'prompt', 'command', 'loop', 'approval', 'cancel', 'include', 'workflow'],
    'loop_group',
  ];
  expect(schema.definitions['node']).toMatchObject({
    additionalProperties: false,
    oneOf: kinds.map((kind) => ({ required: [kind] })),
    properties: {
      loop_group: { properties: { nodes: { items: { allOf: [{ $ref: '#/definitions/node' }] } } } },
    },
  });
});
