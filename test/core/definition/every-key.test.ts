import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchema } from '../../../src/core/definition/yaml-schema.js';
import { linked, problemsOf } from './link.js';
import { keysOfSchema } from './schema-keys.js';

const FILE = readFileSync(new URL('../../fixtures/definitions/every-key.yaml', import.meta.url), 'utf8');
const CHECKS = 'name: checks\ndescription: d\nnodes: [{id: lint, bash: npm run lint}]\n';

/** Every key that the file has, as the schema calls it. */
function keysOfFile(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysOfFile(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    `${path}.${key}`,
    ...keysOfFile(member, nodesAt(`${path}.${key}`)),
    ...keysOfFile(member, `${path}[]`),
  ]);
}

/** The nodes of a body are nodes. */
function nodesAt(path: string): string {
  return path === '.nodes' || path === 'node:.loop_group.nodes' ? 'nodes' : path;
}

it('the fixture has every key that editors know', () => {
  const used = new Set(keysOfFile(parse(FILE), '').map((key) => key.replace(/^nodes\[\]/, 'node:')));
  const missing = keysOfSchema(jsonSchema())
    .map(([key]) => key)
    .filter((key) => !used.has(key));
  expect(missing).toEqual([]);
});

it('it compiles, with a word on what is deprecated or said twice', () => {
  expect(linked([FILE, CHECKS], 'every-key').nodes.map(({ kind }) => kind)).toEqual([
    ...['agent', 'agent', 'bash', 'loop', 'loop', 'loop_group', 'script', 'script'],
    ...['workflow', 'workflow', 'approval', 'approval', 'cancel', 'bash'],
  ]);
  expect(problemsOf([FILE, CHECKS], 'every-key')).toEqual([
    '21:1 KEY_DEPRECATED',
    '140:34 KEY_DEPRECATED',
    '140:58 KEY_DEPRECATED',
  ]);
});
