import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDefinition } from '../../../src/core/definition/compile.js';
import { MOST_FILE_BYTES } from '../../../src/core/definition/decode-file.js';
import { definitionOf, issuesOf, summaryOf, withNodes } from './compile.js';

/** Five times what the dearest of these files takes on a busy machine. */
const DEADLINE_MS = 20_000;
const MEGABYTES = 2_000_000;

/**
 * What the work takes: elapsed time, or processor time if that is less. The one counts what a busy machine gives to
 * others, the other what threads of V8 clear away meanwhile.
 */
function timed<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, ms: Math.min(performance.now() - startedAt, (user + system) / 1_000) };
}

describe('two megabytes of', () => {
  it.each([
    ...[
      '[',
      '{',
      '- ',
      '? ',
      'a: ',
      'k: [',
      '- [\n',
      'a:\n',
      '- a\n',
      '[]',
      '"',
      "'",
      '&a ',
      '*a ',
      '!!str ',
    ],
    ...[
      '|\n',
      '# \n',
      '---\n',
      '%a b\n',
      '\n',
      '\r',
      '\t',
      ' ',
      ',',
      ':',
      '{}: ',
      '? a\n',
      '\\',
      '\u2028',
      '1',
    ],
  ])('%j are refused in time', (piece) => {
    const text = piece.repeat(MEGABYTES / piece.length);
    const { value, ms } = timed(() => compileDefinition({ file: 'f', text }));
    expect(value.kind).toBe('refused');
    expect(ms).toBeLessThan(DEADLINE_MS);
  });

  it.each([
    ['keys', (i: number) => `key${i}: v\n`],
    ['nodes', (i: number) => `- {id: n${i}, bash: x}\n`],
    ['wrong nodes', (i: number) => `- n${i}\n`],
  ])('different %s are refused in time', (kind, make) => {
    const lines = Array.from({ length: 200_000 }, (_, index) => make(index)).join('');
    const text = kind === 'keys' ? lines : `name: w\ndescription: d\nnodes:\n${lines}`;
    const { value, ms } = timed(() => summaryOf(text));
    expect(value).toEqual([expect.stringContaining('FILE_TOO_COMPLEX!')]);
    expect(ms).toBeLessThan(DEADLINE_MS);
  });
});

describe('as many parts as may be read', () => {
  const many = (count: number, make: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => make(index)).join('');
  it.each([
    ['unknown keys', `name: w\n${many(50_000, (i) => `unknown_key_with_a_long_name_${i}: v\n`)}`],
    ['wrong nodes', `name: w\ndescription: d\nnodes:\n${many(60_000, (i) => `- n${i}\n`)}`],
    [
      'decisions',
      `name: w\ndescription: d\nnodes: [{id: a, approval: {message: m, decisions: [${many(20_000, (i) => `{id: d${i}, x: 1},`)}]}}]`,
    ],
    [
      'unknown dependencies',
      withNodes(`  - id: a\n    bash: x\n    depends_on: [${many(60_000, (i) => `dependency-${i},`)}]\n`),
    ],
    [
      'names that resemble thousands',
      withNodes(
        many(
          2_000,
          (i) => `  - id: ${'a'.repeat(50)}${i}\n    bash: x\n    depends_on: [${'a'.repeat(45)}b-${i}]\n`,
        ),
      ),
    ],
    ['unknown references', withNodes(`  - id: a\n    bash: ${many(300_000, (i) => `$n${i}.output `)}\n`)],
    [
      'conditions',
      withNodes(`  - id: a\n    bash: x\n    when: ${many(300_000, () => "$q.f == 'x' && ")}\n`),
    ],
    [
      'unreadable conditions',
      withNodes(`  - id: a\n    bash: x\n    when: ${many(1_000_000, () => '&&')}\n`),
    ],
    ['inputs', withNodes('  - id: a\n    bash: x\n', `inputs:\n${many(40_000, (i) => `  i${i}: {}\n`)}`)],
    [
      'nodes of bodies',
      withNodes(
        many(
          2_000,
          (i) =>
            `  - {id: g${i}, loop_group: {until: x, max_iterations: 1, nodes: [{id: b${i}, bash: $q${i}.output}]}}\n`,
        ),
      ),
    ],
    [
      'bodies in bodies',
      withNodes(
        `  - ${many(22, (i) => `{id: g${i}, loop_group: {until: x, max_iterations: 1, nodes: [`)}${many(22, () => ']}}')}\n`,
      ),
    ],
    [
      'values from everywhere',
      withNodes(
        many(
          4_000,
          (i) =>
            `  - {id: n${i}, command: x, depends_on: [n${Math.max(0, i - 1)}], with: {v: $n${(i * 7) % 4_000}.output}}\n`,
        ),
      ),
    ],
    [
      'keys that do nothing',
      withNodes(many(2_000, (i) => `  - {id: n${i}, cancel: x, model: y, retry: {max_attempts: 1}}\n`)),
    ],
    ['aliases', `a: &a x\nb: [${many(60_000, () => '*a,')}]`],
  ])('%s are told in time', (_, text) => {
    const { value, ms } = timed(() => issuesOf(text));
    expect(value.length).toBeLessThanOrEqual(200);
    expect(ms).toBeLessThan(DEADLINE_MS);
  });

  it('of a thousand nodes in a chain compile in well under a second', () => {
    const nodes = many(
      1_000,
      (i) =>
        `  - id: node-${i}\n    bash: |\n      echo $node-${Math.max(0, i - 1)}.output.field\n      ${'x'.repeat(100)}\n${i === 0 ? '' : `    depends_on: [node-${i - 1}]\n    when: $node-${i - 1}.output != ''\n`}`,
    );
    definitionOf(withNodes(nodes));
    const { value, ms } = timed(() => definitionOf(withNodes(nodes)));
    expect(value.nodes.at(-1)).toMatchObject({ layer: 999 });
    expect(ms).toBeLessThan(5_000);
  });
});

it('a billion laughs are refused', () => {
  const laughs = Array.from(
    { length: 30 },
    (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(',')}]`,
  );
  expect(summaryOf(`l0: &l0 lol\n${laughs.join('\n')}\n`)[0]).toContain('ALIASES_TOO_LARGE!');
  expect(
    summaryOf(
      `l0: &l0 lol\n${Array.from({ length: 200 }, (_, i) => `l${i + 1}: &l${i + 1} [*l${i}]`).join('\n')}\n`,
    )[0],
  ).toContain('ALIASES_TOO_LARGE!');
});

it('ten megabytes are refused before they are looked at, texts of five are read', () => {
  const { value, ms } = timed(() => issuesOf('a'.repeat(10 * 1024 * 1024)));
  expect(value).toEqual([
    expect.objectContaining({
      code: 'FILE_TOO_LARGE',
      line: 1,
      column: 1,
      message: 'the file is 10.0 MiB large, and 8 MiB may be read',
    }),
  ]);
  expect(ms).toBeLessThan(500);
  expect(issuesOf(new Uint8Array(MOST_FILE_BYTES + 1))[0]).toMatchObject({ code: 'FILE_TOO_LARGE' });

  const script = 'echo hello\n'.repeat(450_000);
  const definition = definitionOf(
    withNodes(`  - id: a\n    bash: |\n${script.replaceAll(/^(?=.)/gm, '      ')}`),
  );
  expect(definition.nodes[0]).toMatchObject({ script: { text: script.trim() } });
});

describe('whatever the file', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'name: w\n',
      'description: d\n',
      'nodes:\n',
      '  - id: a\n',
      '    bash: x\n',
      '    depends_on: [a]\n',
      '    approval: ',
      '{message: m}\n',
      '&a ',
      '*a',
      '- ',
      ': ',
      '"',
      "'",
      '|\n',
      '\t',
      '\r\n',
      '{',
      '}',
      '[',
      ']',
      '#',
      '!!map ',
      '---\n',
      'inputs: ',
      '$a.output',
      '\uFEFF',
    ),
  );
  it('the compiler answers, twice the same', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const result = compileDefinition({ file: 'f', text });
        expect(compileDefinition({ file: 'f', text })).toEqual(result);
        if (result.kind === 'refused')
          expect(result.issues.some(({ severity }) => severity === 'error')).toBe(true);
        else expect(result.warnings.every(({ severity }) => severity === 'warning')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('also of bytes, and of JSON that is nearly a workflow', () => {
    const value = fc.oneof(
      fc.json(),
      fc.constantFrom('"x"', '[]', '{}', 'null', '5', '["a"]', '{"message":"m"}'),
      fc.constantFrom(
        '{"until":"x","max_iterations":1,"nodes":[{"id":"b","bash":"$a.output"}]}',
        '{"prompt":"x","until_field":"f","max_iterations":1}',
        '{"items":"$a.output"}',
        '{"resume":"a"}',
        '{"x":{"from":"$a.output"}}',
        '"$LOOP_PREV.a.output"',
      ),
    );
    const key = fc.constantFrom(
      'id',
      'bash',
      'approval',
      'cancel',
      'depends_on',
      'when',
      'retry',
      'timeout',
      'trigger_rule',
      'with',
      ...['prompt', 'command', 'script', 'runtime', 'loop', 'loop_group', 'include', 'workflow', 'fan_out'],
      ...['hooks', 'agents', 'context', 'thinking', 'output_format', 'always_run', 'model', 'deps'],
    );
    const node = fc
      .array(fc.tuple(key, value))
      .map((pairs) => `{${pairs.map(([k, v]) => `"${k}":${v}`).join(',')}}`);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(node), value, (bytes, nodes, inputs) => {
        expect(['compiled', 'refused']).toContain(compileDefinition({ file: 'f', text: bytes }).kind);
        const text = `{"name":"w","description":"d","nodes":[${nodes.join(',')}],"inputs":${inputs}}`;
        expect(['compiled', 'refused']).toContain(compileDefinition({ file: 'f', text }).kind);
      }),
      { numRuns: 500 },
    );
  });
});
