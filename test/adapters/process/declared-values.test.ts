import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Binding } from '../../../src/core/definition/definition.js';
import { parseOperand } from '../../../src/core/expression/reference.js';
import type { NodeId } from '../../../src/core/ids.js';
import type { NodeOutput, NodeScope, ShellTask } from '../../../src/core/run/task.js';
import { openTestShell, type TestShell } from './open-test-shell.js';

let test: TestShell;
beforeEach(async () => {
  test = await openTestShell();
});

const completed = async (script: string, over: Partial<ShellTask> = {}): Promise<NodeOutput> => {
  const result = await test.run(script, over);
  if (result.kind === 'failed') throw new Error(result.failure.message);
  return result.output;
};
const says = async (script: string, over: Partial<ShellTask> = {}): Promise<string> => {
  const { text } = await completed(script, over);
  return text.kind === 'inline' ? text.text : readFileSync(text.path, 'utf8');
};

describe('bindings of a node', () => {
  const reference = (text: string): Binding => ({ kind: 'reference', reference: parseOperand(text)! });
  const produced = async (script: string, fieldsRead: readonly string[] = []): Promise<NodeScope> => ({
    state: 'completed',
    output: await completed(script, { fieldsRead, attemptId: 'a.1' }),
  });
  const over = (bindings: Readonly<Record<string, Binding>>, a: NodeScope): Partial<ShellTask> => ({
    bindings,
    scope: { variables: { STATE_DIR: '/s' }, inputs: { issue: '42' }, nodes: { ['a' as NodeId]: a } },
    environment: { ARGUMENTS: 'all of it', INPUTS_WORD: 'the run’s' },
  });

  it('are variables of its environment, over the inputs of the run', async () => {
    const bindings: Record<string, Binding> = {
      word: { kind: 'literal', value: 'mine' },
      'a-list': { kind: 'literal', value: [1, 'x'] },
      count: reference('$a.output.n'),
      told: { kind: 'template', text: '$ARGUMENTS for $INPUTS.issue in $STATE_DIR' },
    };
    const script = 'echo "$INPUTS_WORD|$INPUTS_A_LIST|$INPUTS_COUNT|$INPUTS_TOLD"';
    expect(await says(script, over(bindings, await produced(`echo '{"n": 7}'`, ['n'])))).toBe(
      'mine|[1,"x"]|7|all of it for 42 in /s',
    );
  });

  it('are read from files where they are large, and given byte for byte', async () => {
    const text = `it's "$HOME" \`id\`\n`.repeat(2_000);
    writeFileSync(join(test.workingPath, 'large'), text);
    const a = await produced('cat large');
    expect(a).toMatchObject({ output: { text: { kind: 'file' } } });
    expect(await says('printf %s "$INPUTS_ALL"', over({ all: reference('$a.output') }, a))).toBe(
      text.slice(0, -1),
    );
  });

  it('lose NUL bytes, which no environment can hold', async () => {
    const a = await produced(String.raw`printf 'a\0b'`);
    expect(await says('echo "$INPUTS_ALL"', over({ all: reference('$a.output') }, a))).toBe('ab');
  });

  it.each<[string, NodeScope]>([
    ['was skipped', { state: 'skipped' }],
    ['failed', { state: 'failed' }],
  ])('fail the node before it runs when their producer %s', async (_what, a) => {
    expect(await test.run('touch ran', over({ word: reference('$a.output') }, a))).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'REFERENCE_UNRESOLVED',
        message: expect.stringMatching(
          /^Bash node 'build' failed before execution: its input 'word': '\$a\.output'/,
        ),
      },
    });
    expect(await says('ls')).toBe('');
  });

  it('above what one variable may hold fail the node, saying so', async () => {
    const a = await produced('head -c 140000 /dev/zero | tr "\\0" x');
    expect(await test.run('true', over({ all: reference('$a.output') }, a))).toMatchObject({
      failure: { code: 'NODE_UNSTARTABLE', message: expect.stringContaining('one value: 128 KiB') },
    });
  });
});

describe('an output that has to fit its output_format', () => {
  const outputFormat = {
    type: 'object',
    required: ['ok'],
    properties: { ok: { type: 'boolean' }, note: { type: 'string' }, body: { type: ['string', 'null'] } },
  };
  const shaped = (fieldsRead: readonly string[] = []): Partial<ShellTask> => ({ outputFormat, fieldsRead });
  const failure = async (script: string, over: Partial<ShellTask> = shaped()) => {
    const result = await test.run(script, over);
    if (result.kind === 'completed') throw new Error(`completed: ${JSON.stringify(result.output)}`);
    return result.failure;
  };

  it('has its declared fields: what is absent or null is empty', async () => {
    const output = await completed(
      `echo '{"ok": true, "body": null}'`,
      shaped(['ok', 'note', 'body', 'other']),
    );
    expect(output).toEqual({
      text: { kind: 'inline', text: '{"ok": true, "body": null}' },
      fields: {
        ok: { type: 'boolean', text: { kind: 'inline', text: 'true' } },
        note: { type: 'string', text: { kind: 'inline', text: '' } },
        body: { type: 'string', text: { kind: 'inline', text: '' } },
      },
      isStructured: true,
    });
  });

  it('is taken out of its Markdown fence', async () => {
    const script = `printf 'Here it is:\\n\`\`\`json\\n{"ok": true}\\n\`\`\`\\n'`;
    expect(await completed(script, shaped())).toMatchObject({
      text: { kind: 'inline', text: '{"ok": true}' },
      isStructured: true,
    });
  });

  it('may be large, with large fields', async () => {
    const script = `printf '{"ok": false, "body": "%s"}' "$(head -c 50000 /dev/zero | tr '\\0' x)"`;
    const { text, fields } = await completed(script, shaped(['body', 'ok']));
    expect(text).toMatchObject({ kind: 'file', bytes: 50_025 });
    expect(fields).toMatchObject({
      ok: { text: { text: 'false' } },
      body: { text: { kind: 'file', bytes: 50_000 } },
    });
  });

  it('is a value of its type where it is bound', async () => {
    const output = await completed(`echo '[1, 2]'`, { outputFormat: { type: 'array' } });
    expect(output).toMatchObject({ fields: null, isStructured: true });
  });

  it.each([
    [`echo '{"ok": 1}'`, 'put out what does not fit its output_format: /ok must be boolean'],
    ['echo words', 'put out no JSON, though it has an output_format'],
    ['true', 'put out no JSON, though it has an output_format'],
  ])('fails the node otherwise: %s', async (script, problem) => {
    expect(await failure(script)).toEqual({
      code: 'OUTPUT_INVALID',
      message: `Bash node 'build' ${problem}`,
    });
  });

  it('does not excuse a program that failed', async () => {
    expect(await failure('echo words; exit 3')).toMatchObject({ code: 'NODE_FAILED' });
  });

  it('is not tried against a schema that is none: the node does not run', async () => {
    expect(await failure('touch ran', { outputFormat: { type: 'text' } })).toMatchObject({
      code: 'OUTPUT_INVALID',
      message: expect.stringMatching(
        /^Bash node 'build' failed before execution: its output_format is no JSON Schema/,
      ),
    });
    expect(await says('ls')).toBe('');
  });
});
