import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findReferences,
  findTokens,
  formatReference,
  isInputName,
  parseOperand,
} from '../../../src/core/expression/reference.js';

const found = (text: string) =>
  findTokens(text).map((token) =>
    token.kind === 'variable' ? `variable ${token.name}` : formatReference(token.reference),
  );

describe('a text refers to', () => {
  it.each([
    ['nothing, without a dollar', 'a.output', []],
    ['a whole output', 'x $a.output y', ['$a.output']],
    ['a field', '$a.output.field', ['$a.output.field']],
    ['one level of fields only', '$a.output.b.c', ['$a.output.b']],
    ['a node whose id has dashes, digits and underscores', '$a-1_b.output', ['$a-1_b.output']],
    ['no node whose id begins with a digit', '$1a.output', []],
    ['a field without dashes', '$a.output.b-c', ['$a.output.b']],
    ['two nodes that touch', '$a.output$b.output', ['$a.output', '$b.output']],
    ['an input', '$INPUTS.base-branch', ['$INPUTS.base-branch']],
    ['an input that is called output', '$INPUTS.output', ['$INPUTS.output']],
    ['a variable without word boundary', '$BASE_BRANCHES', ['variable BASE_BRANCH']],
    ['no variable in braces', '${BASE_BRANCH}', []],
    ['no other variable', '$HOME $ARGUMENTS', []],
    ['the iteration before', '$LOOP_PREV.a.output.f', ['$LOOP_PREV.a.output.f']],
    ['a node that is called like it', '$LOOP_PREV.output', ['$LOOP_PREV.output']],
  ])('%s', (_, text, expected) => {
    expect(found(text)).toEqual(expected);
  });
});

it('tokens cover exactly their text', () => {
  const text = 'a $b.output.c, $DOCS_DIR/d and $INPUTS.e.';
  expect(findTokens(text).map(({ start, end }) => text.slice(start, end))).toEqual([
    '$b.output.c',
    '$DOCS_DIR',
    '$INPUTS.e',
  ]);
  expect(findReferences(text).map(({ reference }) => formatReference(reference))).toEqual([
    '$b.output.c',
    '$INPUTS.e',
  ]);
});

describe('the left side of a comparison', () => {
  it.each([
    ['$a.output', '$a.output'],
    ['$a.output.b', '$a.output.b'],
    ['$a.b', '$a.output.b'],
    ['$INPUTS.b-c', '$INPUTS.b-c'],
    ['$a.b.c', null],
    ['$a', null],
    ['$INPUTS.a.b', null],
    ['$INPUTS', null],
    ['$a.output.b.c', null],
    ['a.output', null],
    ['$a.output ', null],
  ])('%s reads as %s', (text, expected) => {
    const reference = parseOperand(text);
    expect(reference === null ? null : formatReference(reference)).toBe(expected);
  });
});

it.each([
  ['mode', true],
  ['_a-b_1', true],
  ['1a', false],
  ['-a', false],
  ['a b', false],
  ['', false],
])('%j may be the name of an input: %s', (name, expected) => {
  expect(isInputName(name)).toBe(expected);
});

it('every reference that is found reads back as itself', () => {
  const word = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_-]{0,8}$/);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(word, fc.string(), fc.constantFrom('$', '.output', '.', '$INPUTS.'))),
      (parts) => {
        const text = parts.join('');
        for (const { reference } of findReferences(text)) {
          expect(findReferences(formatReference(reference))[0]?.reference).toEqual(reference);
        }
      },
    ),
  );
});

it('a hostile megabyte is searched in no time', () => {
  const startedAt = performance.now();
  for (const piece of ['$a', '$INPUTS.', '$a.output.', '$a-', '$BASE_', '$'])
    findTokens(piece.repeat(1e6 / piece.length));
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});
