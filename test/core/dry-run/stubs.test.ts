import { describe, expect, it } from 'vitest';
import { compileDefinition } from '../../../src/core/definition/compile.js';
import { defaultStub, nodesToStub, stubFile } from '../../../src/core/dry-run/default-stubs.js';
import { readStubs } from '../../../src/core/dry-run/read-stubs.js';
import { failureMessage, playValue } from '../../../src/core/dry-run/stub-value.js';
import { aBashNode, aDefinition } from '../../support/builders.js';
import { aSubrunDraft, over } from '../../support/subrun-shapes.js';

const NODES = `name: release
description: Releases
interactive: true
nodes:
  - { id: build, bash: make }
  - { id: read, depends_on: [build], bash: 'echo $build.output.version $build.output.size' }
  - { id: review, depends_on: [read], approval: { message: Well? } }
  - id: plan
    prompt: Plan
    output_format:
      type: object
      properties:
        kind: { type: string, enum: [small, large] }
        steps: { type: array, items: { type: object, properties: { n: { type: integer } } } }
        isRisky: { type: boolean }
        cost: { type: number, default: 3 }
        note: { type: 'null' }
  - id: rounds
    loop_group:
      until: DONE
      max_iterations: 3
      nodes:
        - { id: fix, bash: fix }
        - id: inner
          depends_on: [fix]
          loop_group:
            until: CLEAN
            max_iterations: 3
            nodes:
              - { id: lint, bash: lint }
`;

function graph() {
  const compiled = compileDefinition({ file: 'release.yaml', text: NODES });
  if (compiled.kind === 'refused') throw new Error(JSON.stringify(compiled.issues, null, 1));
  return compiled.definition;
}

describe('a stub file', () => {
  it('maps node ids to what stands in for them', () => {
    const text = 'build: v1\nplan:\n  kind: small\nlint: { fail: no }\ncount: 3\nnothing:\n';
    expect(readStubs({ file: 'stubs.yaml', text })).toEqual({
      kind: 'read',
      stubs: { build: 'v1', plan: { kind: 'small' }, lint: { fail: 'no' }, count: 3, nothing: '' },
    });
  });

  it('that is empty has no stubs', () => {
    expect(readStubs({ file: 'stubs.yaml', text: '# none yet\n' })).toEqual({ kind: 'read', stubs: {} });
  });

  it.each([
    ['a list', '- build\n', 'VALUE_INVALID', 1],
    ['no YAML', 'build: [\n', 'YAML_INVALID', 2],
    ['a key twice', 'build: a\nbuild: b\n', 'DUPLICATE_KEY', 2],
  ])('that is %s is refused, with the place', (_what, text, code, line) => {
    expect(readStubs({ file: 'stubs.yaml', text })).toMatchObject({
      kind: 'refused',
      issues: [{ code, file: 'stubs.yaml', line }],
    });
  });
});

describe('the default stub', () => {
  const stubs = Object.fromEntries(
    nodesToStub(graph(), () => null).map((one) => [one.name, defaultStub(one)]),
  );

  it('exists for all work, bodies included, and for nothing else', () => {
    expect(Object.keys(stubs)).toEqual(['build', 'read', 'plan', 'rounds.fix', 'rounds.inner.lint']);
  });

  it('has the fields that others read', () => {
    expect(stubs['build']).toEqual({ version: 'version of build', size: 'size of build' });
    expect(stubs['read']).toBe('output of read');
  });

  it('is a list where a fan-out takes its items from it', () => {
    const fields = aDefinition([
      aBashNode('whole'),
      aBashNode('part'),
      aSubrunDraft('one', { needs: ['whole'], fanOut: over('$whole.output') }),
      aSubrunDraft('two', { needs: ['part'], fanOut: over('$part.output.regions') }),
    ]);
    const withFields = {
      ...fields,
      nodes: fields.nodes.map((node) =>
        node.id === 'part' ? { ...node, fieldsRead: ['regions', 'size'] } : node,
      ),
    };
    const made = nodesToStub(withFields, () => null).map((one) => [one.name, defaultStub(one)]);
    expect(Object.fromEntries(made)).toMatchObject({
      whole: ['item of whole'],
      part: { regions: ['item of part'], size: 'size of part' },
    });
  });

  it('has the shape that is declared', () => {
    expect(stubs['plan']).toEqual({ kind: 'small', steps: [{ n: 1 }], isRisky: true, cost: 3, note: null });
  });

  it('ends the loops whose iterations it is the output of', () => {
    expect(stubs['rounds.fix']).toBe('output of rounds.fix');
    expect(stubs['rounds.inner.lint']).toBe('output of rounds.inner.lint\nDONE\nCLEAN');
  });

  it('is written into a file that can be read again', () => {
    const text = stubFile(
      'release\nof # things',
      nodesToStub(graph(), () => null),
    );
    expect(text.split('\n').filter((line) => line.startsWith('#'))).toHaveLength(3);
    expect(readStubs({ file: 'stubs.yaml', text })).toEqual({ kind: 'read', stubs });
  });
});

describe('a stub', () => {
  it.each([
    ['a text', 'v1', { kind: 'output', text: 'v1' }],
    ['an object', { a: 1 }, { kind: 'output', text: '{"a":1}' }],
    ['null', null, { kind: 'output', text: 'null' }],
    ['a failure', { fail: ' no ' }, { kind: 'failed', stderr: 'no', exitCode: 1 }],
    ['a failure with its exit code', { fail: '', exitCode: 3 }, { kind: 'failed', stderr: '', exitCode: 3 }],
    ['an object that has more to say', { fail: 'no', x: 1 }, { kind: 'output', text: '{"fail":"no","x":1}' }],
    ['an object whose fail is no text', { fail: 1 }, { kind: 'output', text: '{"fail":1}' }],
  ])('that is %s', (_what, value, played) => {
    expect(playValue(value)).toEqual(played);
  });

  it('that fails without a word is told as a worker tells it', () => {
    const played = { kind: 'failed', stderr: '', exitCode: 2 } as const;
    expect(failureMessage("Bash node 'a'", played)).toBe(
      "Bash node 'a' failed [exit 2]: no diagnostic output",
    );
  });
});
