import { describe, expect, it } from 'vitest';
import { findReferences } from '../../../src/core/expression/reference.js';
import { resolveReference, type Resolution } from '../../../src/core/expression/scope.js';
import { aScope, completed } from './a-scope.js';

const scope = aScope(
  {
    plain: completed('hello', ['f']),
    json: completed('{"s":"x","n":1.5,"b":false,"z":null,"o":{"a":[1]},"e":""}', [
      's',
      'n',
      'b',
      'z',
      'o',
      'e',
      'gone',
    ]),
    fenced: completed('Here it is:\n```json\n{"s": "inside"}\n```\nBye', ['s']),
    list: completed('[{"f":1}]', ['f']),
    skipped: { state: 'skipped' },
    failed: { state: 'failed' },
    later: { state: 'unsettled' },
    ['__proto__']: completed('odd'),
  },
  { inputs: { mode: 'fast', blank: '' } },
);

function resolve(text: string): Resolution {
  return resolveReference(findReferences(text)[0]!.reference, scope);
}

const value = (type: string, text: string) => ({
  kind: 'value',
  value: { type, text: { kind: 'inline', text } },
});

describe('a reference has a value', () => {
  it.each([
    ['$plain.output', 'string', 'hello'],
    ['$json.output.s', 'string', 'x'],
    ['$json.output.n', 'number', '1.5'],
    ['$json.output.b', 'boolean', 'false'],
    ['$json.output.z', 'null', 'null'],
    ['$json.output.o', 'json', '{"a":[1]}'],
    ['$json.output.e', 'string', ''],
    ['$fenced.output.s', 'string', 'inside'],
    ['$skipped.output', 'string', ''],
    ['$later.output', 'string', ''],
    ['$unheard-of.output', 'string', ''],
    ['$constructor.output', 'string', ''],
    ['$INPUTS.mode', 'string', 'fast'],
    ['$INPUTS.blank', 'string', ''],
  ])('%s is the %s %j', (text, type, expected) => {
    expect(resolve(text)).toEqual(value(type, expected));
  });
});

describe('a reference has none, and says why', () => {
  it.each([
    ['$plain.output.f', "'$plain.output.f' has no value: the output is not a JSON object"],
    ['$list.output.f', "'$list.output.f' has no value: the output is not a JSON object"],
    ['$json.output.gone', "'$json.output.gone' has no value: the output is a JSON object without 'gone'"],
    [
      '$json.output.toString',
      "'$json.output.toString' has no value: the output is a JSON object without 'toString'",
    ],
    ['$skipped.output.f', "'$skipped.output.f' has no value: node 'skipped' was skipped"],
    ['$later.output.f', "'$later.output.f' has no value: node 'later' has not run yet"],
    [
      '$failed.output',
      "'$failed.output' has no value: node 'failed' failed, so its output is not to be trusted",
    ],
    [
      '$failed.output.f',
      "'$failed.output.f' has no value: node 'failed' failed, so its output is not to be trusted",
    ],
    [
      '$INPUTS.none',
      "'$INPUTS.none' has no value: no such input was given: this run has $INPUTS.mode, $INPUTS.blank",
    ],
    [
      '$INPUTS.constructor',
      "'$INPUTS.constructor' has no value: no such input was given: this run has $INPUTS.mode, $INPUTS.blank",
    ],
  ])('%s', (text, message) => {
    expect(resolve(text)).toEqual({ kind: 'unresolved', message });
  });
});
