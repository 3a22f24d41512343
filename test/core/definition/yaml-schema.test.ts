import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { jsonSchema } from '../../../src/core/definition/yaml-schema.js';

type Schema = Readonly<Record<string, unknown>>;

/** Every key that a schema describes, as a dotted path. */
function keysIn(schema: Schema, path = ''): (readonly [string, Schema])[] {
  const definitions = Object.entries((schema['$defs'] ?? {}) as Record<string, Schema>);
  const named = definitions.flatMap(([name, definition]) => keysIn(definition, `${name}:`));
  const inner = ['items', 'additionalProperties'].flatMap((key) =>
    typeof schema[key] === 'object' ? keysIn(schema[key] as Schema, `${path}[]`) : [],
  );
  const own = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>).flatMap(
    ([key, value]) => [[`${path}.${key}`, value] as const, ...keysIn(value, `${path}.${key}`)],
  );
  return [...own, ...inner, ...named];
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
