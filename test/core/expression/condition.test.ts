import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  conditionReferences,
  evaluateCondition,
  parseCondition,
  type Verdict,
} from '../../../src/core/expression/condition.js';
import { formatReference } from '../../../src/core/expression/reference.js';
import { aScope, completed, filed } from './a-scope.js';

const scope = aScope(
  {
    yes: completed('yes'),
    empty: completed(''),
    ten: completed('10 apples'),
    quoting: completed('a && b || c'),
    json: completed('{"n": 3, "flag": true, "nothing": null, "text": "x", "list": [1]}', [
      'n',
      'flag',
      'nothing',
      'text',
      'list',
      'absent',
    ]),
    skipped: { state: 'skipped' },
    failed: { state: 'failed' },
    later: { state: 'unsettled' },
  },
  { inputs: { mode: 'fast', 'dry-run': 'true' } },
);
const verdict = (when: string): Verdict['kind'] => evaluateCondition(parseCondition(when), scope).kind;

describe('a condition', () => {
  it.each<[string, Verdict['kind']]>([
    ["$yes.output == 'yes'", 'true'],
    ["$yes.output=='yes'", 'true'],
    ["  $yes.output == 'yes'  ", 'true'],
    ["$yes.output == 'YES'", 'false'],
    ["$yes.output != 'no'", 'true'],
    ["$empty.output == ''", 'true'],
    ["$json.output.text == 'x'", 'true'],
    ["$json.text == 'x'", 'true'],
    ['$json.n == 3', 'true'],
    ["$json.n == '3'", 'true'],
    ['$json.n == 3.0', 'false'],
    ['$json.flag == true', 'true'],
    ["$json.nothing == 'null'", 'true'],
    ["$json.list == '[1]'", 'true'],
    ["$INPUTS.mode == 'fast'", 'true'],
    ['$INPUTS.dry-run == true', 'true'],
    ['$json.n > 2', 'true'],
    ['$json.n >= 3', 'true'],
    ['$json.n < 3', 'false'],
    ['$json.n <= 3', 'true'],
    ['$json.n > -1.5', 'true'],
    ["$ten.output > '9 pears'", 'true'],
    ["$quoting.output == 'a && b || c'", 'true'],
    ["$skipped.output == ''", 'true'],
    ["$later.output == ''", 'true'],
    ["$unheard-of.output == ''", 'true'],
  ])('%s is %s', (when, expected) => {
    expect(verdict(when)).toBe(expected);
  });

  it.each<[string, string]>([
    ['', 'a comparison is missing'],
    ['true', "a comparison reads: $node.output == 'text'"],
    ['$yes.output', "a comparison reads: $node.output == 'text'"],
    ['$yes.output == "yes"', 'text to compare with stands in single quotes'],
    ['$yes.output == yes', "a comparison reads: $node.output == 'text'"],
    ["($yes.output == 'yes')", 'parentheses are not part of the language'],
    ["!$yes.output == 'yes'", "a comparison reads: $node.output == 'text'"],
    ["yes.output == 'yes'", "'yes.output' is neither $node.output[.field] nor $INPUTS.name"],
    ["$json.a.b == 'x'", "'$json.a.b' is neither $node.output[.field] nor $INPUTS.name"],
    ["$yes.output == 'it's'", "a comparison reads: $node.output == 'text'"],
    ["$yes.output = 'yes'", "a comparison reads: $node.output == 'text'"],
    ["$yes.output === 'yes'", "a comparison reads: $node.output == 'text'"],
    ["$yes.output <> 'yes'", "a comparison reads: $node.output == 'text'"],
    ["'yes' == $yes.output", "a comparison reads: $node.output == 'text'"],
    ["$yes.output == 'yes' and true", "a comparison reads: $node.output == 'text'"],
    ['$yes.output == $yes.output', "a comparison reads: $node.output == 'text'"],
    ['$json.n == +3', "a comparison reads: $node.output == 'text'"],
    ['$json.n > .5', "a comparison reads: $node.output == 'text'"],
    ['$json.n > 5.', "a comparison reads: $node.output == 'text'"],
    ['$json.n > 1e3', "a comparison reads: $node.output == 'text'"],
    ['$json.flag == True', "a comparison reads: $node.output == 'text'"],
    ['$json.nothing == null', "a comparison reads: $node.output == 'text'"],
    ["$ARGUMENTS == 'x'", "'$ARGUMENTS' is neither $node.output[.field] nor $INPUTS.name"],
    ["${yes.output} == 'yes'", "'${yes.output}' is neither $node.output[.field] nor $INPUTS.name"],
    ["$json.with-dash == 'x'", "'$json.with-dash' is neither $node.output[.field] nor $INPUTS.name"],
    ['$yes.output > 3', '"yes" is not a number'],
    ["$json.n > 'three'", '"three" is not a number'],
    ['$empty.output < 1', '"" is not a number'],
  ])('%j cannot be read: %s', (when, problem) => {
    expect(evaluateCondition(parseCondition(when), scope)).toEqual({ kind: 'unreadable', problem });
  });

  it.each([
    '$failed.output == 1',
    '$failed.f == 1',
    '$skipped.f == 1',
    '$later.f == 1',
    '$yes.f == 1',
    '$json.absent == 1',
    "$INPUTS.absent == ''",
  ])('%s refers to something without a value', (when) => {
    expect(verdict(when)).toBe('unresolved');
  });
});

describe('&& binds closer than ||, and nothing is read that does not matter', () => {
  const [T, F, X, U] = ["$yes.output == 'yes'", "$yes.output == 'no'", 'nonsense', '$failed.output == 1'];
  it.each<[string, Verdict['kind']]>([
    [`${T} && ${T}`, 'true'],
    [`${T} && ${F}`, 'false'],
    [`${F} || ${T}`, 'true'],
    [`${F} || ${F}`, 'false'],
    [`${T} || ${F} && ${F}`, 'true'],
    [`${F} && ${T} || ${T}`, 'true'],
    [`${T} || ${X}`, 'true'],
    [`${F} && ${X}`, 'false'],
    [`${F} && ${X} || ${T}`, 'true'],
    [`${F} || ${X}`, 'unreadable'],
    [`${X} || ${T}`, 'unreadable'],
    [`${T} && ${X}`, 'unreadable'],
    [`${T} || ${U}`, 'true'],
    [`${F} && ${U}`, 'false'],
    [`${T} && ${U}`, 'unresolved'],
    [`${U} || ${T}`, 'unresolved'],
    [`${T} &&`, 'unreadable'],
    [`|| ${T}`, 'unreadable'],
  ])('%s is %s', (when, expected) => {
    expect(verdict(when)).toBe(expected);
  });
});

describe('an output in a file', () => {
  const text = `42 ${'é'.repeat(20_000)}`;
  const bytes = utf8ToBytes(text);
  const file = {
    kind: 'file' as const,
    path: '/artifacts/a',
    bytes: bytes.length,
    sha256: bytesToHex(sha256(bytes)),
    excerpt: text.slice(0, 2_000),
  };
  const evaluate = (when: string) => evaluateCondition(parseCondition(when), aScope({ a: filed(file) })).kind;

  it.each([
    [`$a.output == '${text}'`, 'true'],
    [`$a.output != '${text}'`, 'false'],
    [`$a.output == '${text.slice(0, -1)}e'`, 'false'],
    [`$a.output == '${text.slice(0, 2_000)}'`, 'false'],
    ['$a.output > 41', 'true'],
  ])('compares as its whole text, as a number by its beginning (%#)', (when, expected) => {
    expect(evaluate(when)).toBe(expected);
  });
});

it('conditions name what they refer to', () => {
  const condition = parseCondition("$a.output == 'x' && $b.c > 1 || nonsense || $INPUTS.d == true");
  expect(conditionReferences(condition).map(formatReference)).toEqual([
    '$a.output',
    '$b.output.c',
    '$INPUTS.d',
  ]);
});

it('no condition throws, and equal ones give equal verdicts', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '$yes',
      '.output',
      '.f',
      '$INPUTS.mode',
      ' == ',
      '&&',
      '||',
      "'",
      '"',
      '(',
      '<',
      '3',
      '$json.n',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const when = pieces.join('');
      expect(evaluateCondition(parseCondition(when), scope)).toEqual(
        evaluateCondition(parseCondition(when), scope),
      );
    }),
    { numRuns: 2_000 },
  );
});

it('a hostile megabyte is read in no time', () => {
  const startedAt = performance.now();
  for (const piece of ["'", '|| ', '&&', "$a.output == 'x' && ", ' ', '$a', '=', "$a == '"]) {
    evaluateCondition(parseCondition(piece.repeat(1e6 / piece.length)), scope);
  }
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
