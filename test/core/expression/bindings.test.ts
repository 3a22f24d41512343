import { describe, expect, it } from 'vitest';
import type { Binding } from '../../../src/core/definition/definition.js';
import { bindingReferences, resolveBinding, resolveBindings } from '../../../src/core/expression/bindings.js';
import { parseOperand } from '../../../src/core/expression/reference.js';
import type { Json } from '../../../src/core/json.js';
import type { NodeOutput, NodeScope, Scope } from '../../../src/core/run/task.js';
import { aScope, completed, filed } from './a-scope.js';

const reference = (text: string, ifSkipped?: Json): Binding => ({
  kind: 'reference',
  reference: parseOperand(text)!,
  ...(ifSkipped === undefined ? {} : { ifSkipped }),
});

const JSON_TEXT = '{"n": 7, "yes": true, "none": null, "list": [1, "2"], "word": "7"}';
const FIELDS = ['n', 'yes', 'none', 'list', 'word'];

function structured(text: string): NodeScope {
  const output: NodeOutput = { text: { kind: 'inline', text }, fields: null, isStructured: true };
  return { state: 'completed', output };
}

const scope: Scope = {
  ...aScope(
    {
      a: completed(JSON_TEXT, FIELDS),
      words: completed('two words'),
      shaped: structured('{"ok":[true]}'),
      skipped: { state: 'skipped' },
      broken: { state: 'failed' },
    },
    { inputs: { issue: '42' }, variables: { ARGUMENTS: 'fix $a.output', STATE_DIR: '/state' } },
  ),
};

describe('a binding', () => {
  it.each<[string, Binding, Json]>([
    ['a literal is itself', { kind: 'literal', value: { deep: [1, null] } }, { deep: [1, null] }],
    ['a number stays a number', reference('$a.output.n'), 7],
    ['a boolean stays a boolean', reference('$a.output.yes'), true],
    ['null stays null', reference('$a.output.none'), null],
    ['a list stays a list', reference('$a.output.list'), [1, '2']],
    ['a text that looks like a number stays a text', reference('$a.output.word'), '7'],
    ['a whole output is its text', reference('$words.output'), 'two words'],
    ['a whole output that only looks like JSON is its text', reference('$a.output'), JSON_TEXT],
    ['a whole output of declared shape keeps its type', reference('$shaped.output'), { ok: [true] }],
    ['an input is its text', reference('$INPUTS.issue'), '42'],
    ['a template is text', { kind: 'template', text: 'n=$a.output.n of $a.output.list' }, 'n=7 of [1,"2"]'],
    [
      'a template has inputs and variables, the user’s too, read once',
      { kind: 'template', text: '$INPUTS.issue in $STATE_DIR: $ARGUMENTS' },
      '42 in /state: fix $a.output',
    ],
    [
      'a template with a skipped whole output is empty there',
      { kind: 'template', text: '<$skipped.output>' },
      '<>',
    ],
    ['a skipped producer leaves room for if_skipped', reference('$skipped.output', { a: 1 }), { a: 1 }],
    ['if_skipped may be null', reference('$skipped.output.n', null), null],
    ['if_skipped does not stand for a value that is there', reference('$a.output.n', 1), 7],
  ])('%s', (_fact, binding, value) => {
    expect(resolveBinding(binding, scope)).toEqual(value);
  });

  it.each<[string, Binding, RegExp]>([
    [
      'of a skipped node without if_skipped',
      reference('$skipped.output'),
      /was skipped\. Say with if_skipped/,
    ],
    ['of a field of a skipped node', reference('$skipped.output.n'), /was skipped/],
    ['of a failed node, whatever if_skipped says', reference('$broken.output', ''), /failed/],
    ['of a field that is not there', reference('$a.output.missing'), /without 'missing'/],
    ['of an input that was not given', reference('$INPUTS.other'), /no such input/],
    ['in a template', { kind: 'template', text: '$broken.output' }, /failed/],
  ])('has no value: %s', (_what, binding, message) => {
    expect(() => resolveBinding(binding, scope)).toThrow(message);
    expect(() => resolveBindings({ 'base-branch': binding }, scope)).toThrow(
      expect.objectContaining({
        code: 'REFERENCE_UNRESOLVED',
        message: expect.stringContaining("its input 'base-branch': "),
      }),
    );
  });

  it('is resolved only with its text in memory', () => {
    const file = { kind: 'file', path: '/f', bytes: 9, sha256: '', excerpt: '' } as const;
    const large = aScope({ a: filed(file) });
    expect(() => resolveBinding(reference('$a.output'), large)).toThrow(/must be read before/);
    expect(() => resolveBinding({ kind: 'template', text: '$a.output' }, large)).toThrow(
      /must be read before/,
    );
  });
});

it('bindings are resolved together, by name', () => {
  expect(
    resolveBindings({ one: reference('$a.output.n'), two: { kind: 'literal', value: 2 } }, scope),
  ).toEqual({
    one: 7,
    two: 2,
  });
});

it('what bindings refer to is found in templates and references, not in literals', () => {
  const bindings = {
    a: { kind: 'template', text: '$x.output and $LOOP_PREV.y.output.f' },
    b: reference('$z.output.g', '$no.output'),
    c: { kind: 'literal', value: '$none.output' },
  } as const;
  expect(bindingReferences(bindings)).toEqual([
    { kind: 'node', nodeId: 'x', field: null },
    { kind: 'previous', nodeId: 'y', field: 'f' },
    { kind: 'node', nodeId: 'z', field: 'g' },
  ]);
});
