import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunError } from '../../../src/core/errors.js';
import type { NodeId } from '../../../src/core/ids.js';
import type { FieldValue, Scope } from '../../../src/core/run/task.js';
import { bindVariable, shellQuote } from '../../../src/core/expression/shell-binding.js';
import { substitute } from '../../../src/core/expression/substitute.js';
import { runBashIn, shellText } from '../../support/shell-texts.js';
import { aScope, completed, filed } from './a-scope.js';

/** Where a value that became code would leave something behind. */
let folder: string;
const NODE = 'a' as NodeId;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'substitute-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const runBash = (script: string): string => runBashIn(folder, script);

function withValue(value: string, type: FieldValue['type'] = 'string'): Scope {
  const text = { kind: 'inline', text: value } as const;
  return aScope({ a: { state: 'completed', output: { text, fields: { f: { type, text } } } } });
}

/** The script once for each hostile value, each followed by a NUL. */
function substituteAll(script: string): string {
  const copies = HOSTILE.map((_, index) => `${script.replaceAll('$a.', `$a${index}.`)}\nprintf '\\0'\n`);
  const nodes = HOSTILE.map((value, index) => [`a${index}`, withValue(value).nodes[NODE]!] as const);
  return substitute(copies.join(''), 'bash', aScope(Object.fromEntries(nodes)));
}

const run = (script: string, value: string) => runBash(substitute(script, 'bash', withValue(value)));

/** Each tries to leave a file `pwned`, or to break out of the place that it is put in. */
const HOSTILE = [
  "'; touch pwned; '",
  '"; touch pwned; "',
  '$(touch pwned)',
  '`touch pwned`',
  '${x:=$(touch pwned)}',
  '"$(touch pwned)"',
  "'$(touch pwned)'",
  "\\'; touch pwned; #",
  '\\"; touch pwned; #',
  '\\$(touch pwned)',
  '; touch pwned',
  '& touch pwned &',
  '| touch pwned',
  '\ntouch pwned\n',
  '\nEOF\ntouch pwned\n',
  "\nEOF\ntouch pwned\n<<'EOF'\n",
  ') ; touch pwned; (',
  '}; touch pwned; {',
  '))touch pwned((',
  'x[$(touch pwned)]',
  'a[$(touch pwned)]+1',
  '> pwned',
  '<(touch pwned)',
  '!!',
  '*',
  '~',
  '-n',
  '',
  ' ',
  ' leading and trailing ',
  'a\tb',
  'back\\slash\\',
  "it's",
  '$HOME $a.output $$ $& $` $1',
  'é 😀 \u{1F468}\u200D\u{1F469} \u00a0',
  '\u0001\u007f\u001b[31m',
  '#',
  "$'\\x41'",
];

describe('a reference in a script', () => {
  const quoted = (value: string) => `'${value.replaceAll("'", "'\\''")}'`;

  it.each<[string, string, (value: string) => string]>([
    ['bare', "printf '%s' $a.output", (value) => value],
    ['bare, as a field', "printf '%s' $a.output.f", (value) => value],
    ['inside a word', "printf '%s' x$a.output,y", (value) => `x${value},y`],
    ['assigned', 'v=$a.output; printf \'%s\' "$v"', (value) => value],
    ['in an array', 'v=(1 $a.output 3); printf \'%s\' "${v[1]}" "${#v[@]}"', (value) => `${value}3`],
    ['looped over', 'for v in $a.output; do printf \'<%s>\' "$v"; done', (value) => `<${value}>`],
    ['in single quotes', "printf '%s' 'x $a.output y'", (value) => `x ${value} y`],
    ["in $'…'", "printf '%s' $'x\\t\\'$a.output\\n'", (value) => `x\t'${value}\n`],
    ['in double quotes', 'printf "%s" "x $a.output y"', (value) => `x ${quoted(value)} y`],
    ['in $"…"', 'printf "%s" $"x $a.output y"', (value) => `x ${quoted(value)} y`],
    ['as a default', 'printf "%s" ${unset:-$a.output}', (value) => value],
    ['as a default in double quotes', 'printf "%s" "${unset:-$a.output}"', (value) => quoted(value)],
    ['in a here-string', 'v=$(cat <<< $a.output; printf .); printf \'%s\' "${v%?.}"', (value) => value],
    ['in a here-document', 'cat <<EOF\nx $a.output y\nEOF', (value) => `x ${quoted(value)} y\n`],
    ['in an indented one', 'cat <<-EOF\n\tx $a.output y\n\tEOF\n', (value) => `x ${quoted(value)} y\n`],
    [
      'in a verbatim one',
      "cat <<'EOF'\n$HOME `x` \\$ $a.output\nEOF",
      (value) => `$HOME \`x\` \\$ ${quoted(value)}\n`,
    ],
    [
      'in one with another quoted delimiter',
      'cat <<"E-O.F" | cat\n\\\\ $a.output\nE-O.F',
      (value) => `\\\\ ${quoted(value)}\n`,
    ],
    ['in the second of two', "cat <<A - <<'B' <<C\na\nA\nb $a.output\nB\nc\nC", () => 'c\n'],
    ['after a comment with a quote', "# don't\nprintf '%s' $a.output # it's", (value) => value],
    ['in a function', "f() { printf '%s' $a.output; }; f", (value) => value],
    ['in a substitution', 'v="$(printf \'%s.\' $a.output)"; printf "%s" "${v%.}"', (value) => value],
    ['in backticks', 'v=`printf \'%s.\' $a.output`; printf "%s" "${v%.}"', (value) => value],
    [
      'in a substitution in a here-document',
      "cat <<EOF\n$(printf '%s.' $a.output)\nEOF",
      (value) => `${value}.\n`,
    ],
    ['in a subshell', "(printf '%s' $a.output)", (value) => value],
    [
      'after a case in a substitution',
      'v="$(case x in x) echo 1;; (y) echo 2;; esac)"; printf \'%s\' $a.output',
      (value) => value,
    ],
    ['handed to another shell in double quotes', 'bash -c "printf \'%s\' $a.output"', (value) => value],
    ['handed to another shell on its input', "bash <<'EOF'\nprintf '%s' $a.output\nEOF\n", (value) => value],
    ['compared', '[[ $a.output == "$(printf x)" ]] || printf no', () => 'no'],
    [
      'matched',
      "case $a.output in '') printf e;; $a.output) printf same;; *) printf other;; esac",
      (value) => (value === '' ? 'e' : 'same'),
    ],
  ])('%s holds every hostile value and runs none', (_, script, expected) => {
    const outputs = runBash(substituteAll(script)).split('\0');
    expect(outputs).toEqual([...HOSTILE.map(expected), '']);
  });

  it.each([
    ['$(( $a.output + 1 ))', 'echo $(( $a.output + 1 ))'],
    ['(( … ))', '(( $a.output > 1 )) && echo 42 || true'],
    ['[[ … -gt … ]]', '[[ $a.output -gt 1 ]] && echo 42 || true'],
    ['[[ … -gt … ]] in double quotes', '[[ "$a.output" -gt 1 ]] && echo 42 || true'],
    ['[[ … -lt … ]] on the right', '[[ 1 -lt $a.output ]] && echo 42 || true'],
    ['[ … -gt … ]', '[ "$a.output" -gt 1 ] && echo 42 || true'],
  ])('in %s is a number, or an error; no expression runs', (_, script) => {
    expect(run(script, '41').trim()).toBe('42');
    for (const value of HOSTILE) {
      writeFileSync(join(folder, 'script'), substitute(script, 'bash', withValue(value)));
      spawnSync('/bin/bash', [join(folder, 'script')], { cwd: folder });
      expect(readdirSync(folder), value).toEqual(['script']);
    }
  });

  it.each([
    ["printf '%s' \\$a.output", '$a.output'],
    ['printf "%s" "\\$a.output"', '$a.output'],
    ['printf x # $a.output', 'x'],
    ['cat <<EOF\n\\$a.output\nEOF', '$a.output\n'],
    ['printf "%s" "${a}.output"', '.output'],
    ['printf "%s" "$INPUTS.a$ARGUMENTS"', '.a'],
  ])('%j is left to bash', (script, expected) => {
    expect(run(script, "'; touch pwned; '")).toBe(expected);
  });

  it.each<[FieldValue['type'], string, string]>([
    ['number', '-1.5e+30', '-1.5e+30'],
    ['boolean', 'true', 'true'],
    ['number', '1; touch pwned', '"${__signalbox_value_1?}"'],
    ['boolean', '$(x)', '"${__signalbox_value_1?}"'],
    ['string', '1', '"${__signalbox_value_1?}"'],
    ['null', 'null', '"${__signalbox_value_1?}"'],
    ['json', '{}', '"${__signalbox_value_1?}"'],
  ])('to a %s %j is written as %s', (type, text, expected) => {
    const script = substitute('echo $a.output.f', 'bash', withValue(text, type));
    expect(script.slice(script.indexOf('echo'))).toBe(`echo ${expected}`);
  });
});

describe('what bash parses', () => {
  it('is the same for all values, its bindings apart, and on the same lines', () => {
    const script =
      'a=$a.output\nb="$a.output"\ncat <<EOF\n$a.output\nEOF\n[[ $a.output -gt 1 ]]; f $a.output >&2\n';
    const bodies = HOSTILE.map((value) => {
      const lines = substitute(script, 'bash', withValue(value)).split('\n');
      return [lines[0]!.slice(lines[0]!.lastIndexOf('; ')), ...lines.slice(1)]
        .join('\n')
        .replaceAll(/value_\d/g, 'v');
    });
    expect(new Set(bodies)).toHaveLength(1);
    expect(bodies[0]!.split('\n')).toHaveLength(script.split('\n').length);
  });

  it('keeps the line numbers of messages', () => {
    writeFileSync(
      join(folder, 'script'),
      substitute('true $a.output\n\nno-such-command', 'bash', withValue('1\n2\n3')),
    );
    const { stderr } = spawnSync('/bin/bash', [join(folder, 'script')], { encoding: 'utf8' });
    expect(stderr).toContain('line 3: no-such-command');
  });

  it('fails where a function is sent to a shell that lacks the value', () => {
    writeFileSync(
      join(folder, 'script'),
      substitute('f() { echo $a.output; }; export -f f; bash -c f', 'bash', withValue('x')),
    );
    const { status, stderr } = spawnSync('/bin/bash', [join(folder, 'script')], { encoding: 'utf8' });
    expect(status).not.toBe(0);
    expect(stderr).toContain('__signalbox_value_1');
  });
});

describe('random values', () => {
  const value = shellText();

  it('survive every kind of quoting', () => {
    const script = [
      "printf '%s\\0' $a.output '$a.output' x$a.output$a.output $'$a.output' \"$a.output\"",
      "cat <<'EOF'",
      '$a.output',
      'EOF',
    ].join('\n');
    fc.assert(
      fc.property(value, (raw) => {
        const text = raw.replaceAll('\0', '');
        const quoted = shellQuote(text);
        expect(run(script, raw)).toBe(
          [text, text, `x${text}${text}`, text, quoted, `${quoted}\n`].join('\0'),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('give the same script each time, whatever the script', () => {
    const piece = fc.oneof(
      value,
      fc.constantFrom('$a.output', '$a.output.f', "<<'EOF'\n", '$((', '${', '$DOCS_DIR', 'case x in '),
    );
    fc.assert(
      fc.property(fc.array(piece), value, (pieces, text) => {
        const make = () => {
          try {
            return substitute(pieces.join(''), 'bash', { ...withValue(text), variables: { DOCS_DIR: text } });
          } catch (error) {
            expect(error).toBeInstanceOf(RunError);
            return (error as RunError).code;
          }
        };
        expect(make()).toBe(make());
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a value of 16 MiB arrives intact', () => {
  it.each([
    ['lines', 'hello world\n'],
    ['quotes', "'"],
    [
      'hostile lines',
      "__signalbox_end_1\nit's $(touch pwned) `touch pwned` \\\t\u0001\u007fé😀\n__signalbox_end_3\n",
    ],
  ])('of %s', (_, piece) => {
    const size = 16 * 1024 * 1024;
    const text = piece.repeat(Math.ceil(size / piece.length)).slice(0, size);
    expect(run("printf '%s' $a.output", text) === text).toBe(true);
  });

  it('also as several bindings, and with the line breaks at its end', () => {
    const text = `${"'".repeat(40_000)}\n\n`;
    const [bare, quoted] = run('printf \'%s\\0\' $a.output "$a.output"', text).split('\0');
    expect(bare === text && quoted === shellQuote(text)).toBe(true);
    expect(bindVariable('v', text)).toContain('<<');
  });
});

describe('variables of the language', () => {
  const variables = {
    WORKFLOW_ID: 'id',
    ARTIFACTS_DIR: '/a b/$(touch pwned)',
    STATE_DIR: "/it's",
    BASE_BRANCH: 'main',
    DOCS_DIR: 'docs/',
  };
  const show = (script: string) => runBash(substitute(script, 'bash', aScope({}, { variables })));

  it.each([
    ["printf '%s' $ARTIFACTS_DIR/x", '/a b/$(touch pwned)/x'],
    ['printf "%s" "$ARTIFACTS_DIR/x"', '/a b/$(touch pwned)/x'],
    ["printf '%s' '$ARTIFACTS_DIR'", '/a b/$(touch pwned)'],
    ['cat <<EOF\n$STATE_DIR\nEOF', "/it's\n"],
    ["printf '%s' $BASE_BRANCHES", 'mainES'],
    ["printf '%s' $WORKFLOW_ID-$DOCS_DIR", 'id-docs/'],
    ["ARTIFACTS_DIR=own; printf '%s' ${ARTIFACTS_DIR}", 'own'],
  ])('%j prints %j', (script, expected) => {
    expect(show(script)).toBe(expected);
  });

  it.each([
    ['$BASE_BRANCH', { BASE_BRANCH: '' }, /'\$BASE_BRANCH' has no value here: give the run --base BRANCH/],
    ['$STATE_DIR', {}, /'\$STATE_DIR' has no value here/],
  ])('%s without a value fails the node', (script, given, message) => {
    const attempt = () => substitute(script, 'bash', aScope({}, { variables: given }));
    expect(attempt).toThrow(expect.objectContaining({ code: 'REFERENCE_UNRESOLVED' }));
    expect(attempt).toThrow(message);
  });

  it('an empty value of another variable is empty', () => {
    expect(
      runBash(substitute('printf x$DOCS_DIR', 'bash', aScope({}, { variables: { DOCS_DIR: '' } }))),
    ).toBe('x');
  });
});

describe('a script that cannot be made', () => {
  const file = { kind: 'file', path: '/f', bytes: 20_000, sha256: 'ab', excerpt: 'begin' } as const;
  it.each([
    ['echo $a.output', aScope({ a: { state: 'failed' } }), 'REFERENCE_UNRESOLVED'],
    ['echo $a.output.f', aScope({ a: { state: 'skipped' } }), 'REFERENCE_UNRESOLVED'],
    ['echo $a.output.f', aScope({ a: completed('text', ['f']) }), 'REFERENCE_UNRESOLVED'],
    ["cat <<'END OF'\n$a.output\nEND OF", aScope({ a: completed('x') }), 'REFERENCE_UNRESOLVED'],
    ['echo $a.output', aScope({ a: filed(file) }), 'INTERNAL'],
  ])('%j is an error', (script, scope, code) => {
    expect(() => substitute(script, 'bash', scope)).toThrow(expect.objectContaining({ code }));
  });
});

describe('a message', () => {
  const scope = aScope(
    { a: completed(`it's $b.output "x"`), b: completed('B'), gone: { state: 'failed' } },
    { variables: { ARTIFACTS_DIR: '/x' }, inputs: { i: 'input' } },
  );

  it.each([
    ['Deploy $a.output?', `Deploy it's $b.output "x"?`],
    ['$b.output$b.output', 'BB'],
    ['$ARTIFACTS_DIR $INPUTS.i $ARGUMENTS', '$ARTIFACTS_DIR $INPUTS.i $ARGUMENTS'],
    ['plain', 'plain'],
  ])('%j reads %j, in one pass', (text, expected) => {
    expect(substitute(text, 'message', scope)).toBe(expected);
  });

  it('shows the beginning of an output in a file, and where the rest is', () => {
    const file = {
      kind: 'file',
      path: '/artifacts/a',
      bytes: 20_000,
      sha256: 'ab',
      excerpt: 'begin',
    } as const;
    expect(substitute('<$a.output>', 'message', aScope({ a: filed(file) }))).toBe(
      '<begin\n… (20000 bytes, all of them in /artifacts/a)>',
    );
  });

  it('fails on a failed node', () => {
    expect(() => substitute('$gone.output', 'message', scope)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_UNRESOLVED' }),
    );
  });
});

it('a hostile megabyte of script is read in no time', () => {
  const startedAt = performance.now();
  for (const piece of [
    '$a.output ',
    "'$a.output",
    '"$(',
    '$((',
    '${',
    '`',
    '<<A\n',
    "<<'A'\n$a.output\nA\n",
    '# x\n',
    'case x in ',
    '\\',
    '(',
    '\n',
  ]) {
    const script = `${piece.repeat(1e6 / piece.length)}$a.output`;
    expect(typeof substitute(script, 'bash', withValue('1', 'number'))).toBe('string');
  }
  expect(performance.now() - startedAt).toBeLessThan(30_000);
});
