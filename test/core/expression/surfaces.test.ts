import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { evaluateCondition, parseCondition } from '../../../src/core/expression/condition.js';
import { resolveReference } from '../../../src/core/expression/scope.js';
import { substitute, type Surface } from '../../../src/core/expression/substitute.js';
import { findReferences } from '../../../src/core/expression/reference.js';
import type { NodeId } from '../../../src/core/ids.js';
import { aScope, completed, filed } from './a-scope.js';

const scope = aScope(
  { a: completed('{"f":"it\'s $b.output"}', ['f']), b: completed('no') },
  {
    variables: { ARTIFACTS_DIR: '/out', ARGUMENTS: 'fix $a.output', WORKFLOW_ID: 'id' },
    inputs: { branch: '$ARGUMENTS' },
  },
);

describe('what is replaced', () => {
  const text = '$ARTIFACTS_DIR $ARGUMENTS $INPUTS.branch $b.output';
  it.each<[Surface, string]>([
    ['prompt', '/out fix $a.output $ARGUMENTS no'],
    ['script', '/out $ARGUMENTS $INPUTS.branch no'],
    ['message', '$ARTIFACTS_DIR $ARGUMENTS $INPUTS.branch no'],
  ])('in a %s: %s', (surface, expected) => {
    expect(substitute(text, surface, scope)).toBe(expected);
  });

  it('in a script for bash: variables of the language and references, as words of their own', () => {
    const made = substitute(`printf '<%s>' ${text}`, 'bash', scope);
    const environment = { ARGUMENTS: 'two words', INPUTS: 'env' };
    const printed = execFileSync('/bin/bash', ['-c', made], { env: environment, encoding: 'utf8' });
    expect(printed).toBe('</out><two><words><env.branch><no>');
  });

  it.each<Surface>(['prompt', 'script', 'message'])(
    'in a %s is not mangled by what means something to a replacement',
    (surface) => {
      const odd = "$& $` $' $$ $1 $CONTEXT $b.output";
      expect(substitute('<$x.output>', surface, aScope({ x: completed(odd) }))).toBe(`<${odd}>`);
    },
  );

  it.each<Surface>(['prompt', 'script', 'message', 'bash'])('in a %s is nothing in braces', (surface) => {
    expect(substitute('${ARTIFACTS_DIR} ${b.output}', surface, scope)).toBe('${ARTIFACTS_DIR} ${b.output}');
  });
});

describe('a program in another language', () => {
  it('has references and variables replaced by their text, and all else left to its environment', () => {
    const program = 'f("$a.output.f", "$ARTIFACTS_DIR", "$ARGUMENTS", "$INPUTS.branch")';
    expect(substitute(program, 'script', scope)).toBe(
      'f("it\'s $b.output", "/out", "$ARGUMENTS", "$INPUTS.branch")',
    );
  });
});

describe('what an agent or a sub-run is told', () => {
  it('has inputs and the variables of the user replaced, too, in a single pass', () => {
    const text = '$ARGUMENTS on $INPUTS.branch: $a.output.f in $ARTIFACTS_DIR';
    expect(substitute(text, 'prompt', scope)).toBe("fix $a.output on $ARGUMENTS: it's $b.output in /out");
  });

  it('has nothing for a variable of the user that is not set', () => {
    expect(substitute('<$CONTEXT$LOOP_USER_INPUT$REJECTION_REASON>', 'prompt', scope)).toBe('<>');
  });

  it.each([
    ['$ARGUMENTSX', '$ARGUMENTSX'],
    ['$CONTEXTS', '$CONTEXTS'],
    ['$WORKFLOW_IDS', 'idS'],
  ])('%s becomes %s: only variables of the language lack a word boundary', (text, expected) => {
    expect(substitute(text, 'prompt', scope)).toBe(expected);
  });

  it('fails on an input that the run has not', () => {
    expect(() => substitute('$INPUTS.q', 'prompt', scope)).toThrow(/this run has \$INPUTS\.branch/);
  });

  it('takes no value that is still in its file', () => {
    const file = { kind: 'file', path: '/f', bytes: 9, sha256: 'ab', excerpt: 'b' } as const;
    expect(() => substitute('$a.output', 'prompt', aScope({ a: filed(file) }))).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    );
  });
});

describe('the iteration before', () => {
  const previous = {
    a: completed('{"n":1}', ['n']),
    s: { state: 'skipped' },
    x: { state: 'failed' },
  } as const;
  const inBody = {
    ...scope,
    previous: previous as Readonly<Record<NodeId, (typeof previous)[keyof typeof previous]>>,
  };
  const resolve = (text: string, within: typeof scope) =>
    resolveReference(findReferences(text)[0]!.reference, within);

  it('is empty in a first iteration, fields as well', () => {
    for (const text of ['$LOOP_PREV.a.output', '$LOOP_PREV.a.output.n'])
      expect(resolve(text, scope)).toMatchObject({ kind: 'value', value: { text: { text: '' } } });
  });

  it('has its own outputs, whatever this iteration has', () => {
    expect(resolve('$LOOP_PREV.a.output.n', inBody)).toMatchObject({
      value: { type: 'number', text: { text: '1' } },
    });
    expect(substitute('echo $LOOP_PREV.a.output.n', 'bash', inBody)).toBe('echo 1');
  });

  it('has no fields of what was skipped, and nothing of what failed', () => {
    expect(resolve('$LOOP_PREV.s.output', inBody)).toMatchObject({ kind: 'value' });
    expect(resolve('$LOOP_PREV.s.output.f', inBody)).toMatchObject({ kind: 'unresolved' });
    expect(resolve('$LOOP_PREV.x.output', inBody)).toMatchObject({ kind: 'unresolved' });
  });

  it('is no part of a condition', () => {
    expect(parseCondition("$LOOP_PREV.a.output == '1'")).toMatchObject([[{ kind: 'unreadable' }]]);
  });
});

it('a comparison whose value is fixed decides like any other', () => {
  const fixed = (isTrue: boolean) => ({ kind: 'constant', isTrue, text: "$INPUTS.x == 'y'" }) as const;
  const [[readable]] = parseCondition("$b.output == 'no'") as [[ReturnType<typeof parseCondition>[0][0]]];
  expect(evaluateCondition([[fixed(true), readable]], scope)).toEqual({ kind: 'true' });
  expect(evaluateCondition([[fixed(false), readable]], scope)).toEqual({ kind: 'false' });
  expect(evaluateCondition([[fixed(false)], [readable]], scope)).toEqual({ kind: 'true' });
});
