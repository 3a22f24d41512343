import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../../src/core/ids.js';
import type { JsonObject } from '../../../src/core/json.js';
import { findReferences } from '../../../src/core/expression/reference.js';
import { resolveReference } from '../../../src/core/expression/scope.js';
import type { NodeScope } from '../../../src/core/run/task.js';
import { elementOf, outputHere } from '../../../src/core/subrun/join.js';
import { NO_SUBRUNS } from '../../../src/core/subrun/subruns.js';
import { aFanOut, aSubrun, completed as aCompletedChild } from '../../support/subrun-shapes.js';
import { aScope, completed } from './a-scope.js';

const FIELDS = ['f', 'none', 'gone'];
const DECLARED: JsonObject = { type: 'object', properties: { f: {}, none: {} } };

/** A sub-run that gave out this text, as a value of its own, or of the shape that its node declares. */
function child(
  text: string,
  { isList = false, outputFormat = undefined as JsonObject | undefined } = {},
): NodeScope {
  const node = isList ? aFanOut() : aSubrun({ fieldsRead: FIELDS, ...(outputFormat && { outputFormat }) });
  const end = { ...aCompletedChild(text), isStructured: true };
  expect(elementOf(end)).toMatchObject({ kind: 'text' });
  const output = outputHere(node, { ...NO_SUBRUNS, total: 1, children: [{ status: 'ended', end }] });
  if (output === null) throw new Error('too large for this test');
  return { state: 'completed', output };
}

const declared = (text: string): NodeScope => child(text, { outputFormat: DECLARED });
const NO_VALUE = null;
type Cell = string | typeof NO_VALUE;

/** What a reference stands for, by what its producer is; null: nothing, and the node that reads it fails. */
const TABLE: readonly (readonly [
  producer: string,
  scope: NodeScope,
  whole: Cell,
  fields: Readonly<Record<string, Cell>>,
])[] = [
  ['a declared object', declared('{"f":[1]}'), '{"f":[1]}', { f: '[1]', none: '', gone: NO_VALUE }],
  ['a declared object with null', declared('{"f":null}'), '{"f":null}', { f: '' }],
  ['a declared object that is a text', declared('so be it'), 'so be it', { f: NO_VALUE }],
  ['a declared object that is a list', declared('[{"f":1}]'), '[{"f":1}]', { f: NO_VALUE }],
  ['a value', child('{"f":true}'), '{"f":true}', { f: 'true', gone: '' }],
  ['a value with null', child('{"f":null}'), '{"f":null}', { f: 'null' }],
  ['a text', completed('so be it', FIELDS), 'so be it', { f: NO_VALUE }],
  ['a text that is an object', completed('{"f":1.50}', FIELDS), '{"f":1.50}', { f: '1.5', gone: NO_VALUE }],
  ['a text with null', completed('{"f":null}', FIELDS), '{"f":null}', { f: 'null' }],
  ['a text with a text', completed('{"f":"it\'s"}', FIELDS), '{"f":"it\'s"}', { f: "it's" }],
  ['a text with an object', completed('{"f": {"g": [1]}}', FIELDS), '{"f": {"g": [1]}}', { f: '{"g":[1]}' }],
  [
    'a text with a fence',
    completed('so:\n```json\n{"f":2}\n```', FIELDS),
    'so:\n```json\n{"f":2}\n```',
    { f: '2' },
  ],
  [
    'a text with two fences',
    completed('```\n[]\n```\n```\n{"f":2}\n```', FIELDS),
    '```\n[]\n```\n```\n{"f":2}\n```',
    { f: NO_VALUE },
  ],
  ['a text that is a list', completed('[{"f":1}]', FIELDS), '[{"f":1}]', { f: NO_VALUE }],
  ['a fan-out', child('{"f":1}', { isList: true }), '[{"f":1}]', { f: NO_VALUE }],
  ['a skipped node', { state: 'skipped' }, '', { f: NO_VALUE }],
  ['a node that has not run', { state: 'unsettled' }, '', { f: NO_VALUE }],
  ['a failed node', { state: 'failed' }, NO_VALUE, { f: NO_VALUE }],
];

function valueOf(reference: string, scope: NodeScope): Cell {
  const nodes: Record<NodeId, NodeScope> = { ['n' as NodeId]: scope };
  const resolution = resolveReference(findReferences(reference)[0]!.reference, aScope(nodes));
  if (resolution.kind === 'unresolved') return NO_VALUE;
  const { text } = resolution.value;
  return text.kind === 'inline' ? text.text : text.path;
}

describe('$n.output', () => {
  it.each(TABLE.map(([producer, scope, whole]) => ({ producer, scope, whole })))(
    'of $producer is $whole',
    ({ scope, whole }) => {
      expect(valueOf('$n.output', scope)).toBe(whole);
    },
  );
});

describe('$n.output.field', () => {
  const cells = TABLE.flatMap(([producer, scope, , fields]) =>
    Object.entries(fields).map(([field, value]) => ({ producer, scope, field, value })),
  );
  it.each(cells)('.$field of $producer is $value', ({ scope, field, value }) => {
    expect(valueOf(`$n.output.${field}`, scope)).toBe(value);
  });
});
