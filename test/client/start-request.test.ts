import { describe, expect, it } from 'vitest';
import { checkMessage } from '../../src/client/limits.js';
import { prepareSource } from '../../src/client/prepare-source.js';
import { resolveInputs } from '../../src/client/resolve-inputs.js';
import {
  aBashNode,
  aDefinition,
  aGate,
  aLoopGroup,
  aScriptNode,
  anAgentLoop,
  anAgentNode,
} from '../support/builders.js';

describe('a message', () => {
  it.each([
    ['nothing', ''],
    ['shell code', "$(rm -rf /) `id` '\"' && exit"],
    ['emoji', '🚂🚃🚃'],
    ['line ends', 'one\ntwo\r\nthree'],
    ['what fits into 128 KiB with its name', 'x'.repeat(131_058)],
  ])('may be %s', (_what, message) => {
    expect(() => {
      checkMessage(message);
    }).not.toThrow();
  });

  it.each([
    ['a NUL byte', 'a\0b', 'NUL'],
    ['one byte more than fits', 'x'.repeat(131_059), '131059 bytes'],
    ['a mebibyte', 'x'.repeat(1024 * 1024), '1048576 bytes'],
    ['too much in UTF-8', '🚂'.repeat(40_000), '160000 bytes'],
  ])('of %s is refused', (_what, message, sentence) => {
    expect(() => {
      checkMessage(message);
    }).toThrow(
      expect.objectContaining({ code: 'MESSAGE_INVALID', message: expect.stringContaining(sentence) }),
    );
  });
});

describe('inputs', () => {
  const definition = aDefinition([aBashNode('a')], {
    inputs: [
      { name: 'issue', isRequired: true, description: null },
      { name: 'branch', isRequired: false, defaultValue: 'main', description: null },
      { name: 'note', isRequired: false, description: null },
    ],
  });

  it('are what was given, else the defaults; an optional one without either is absent', () => {
    expect(resolveInputs(definition, { issue: '7' })).toEqual({ issue: '7', branch: 'main' });
    expect(resolveInputs(definition, { issue: '', branch: 'dev', note: 'n' })).toEqual({
      issue: '',
      branch: 'dev',
      note: 'n',
    });
  });

  it('are refused with all their faults at once', () => {
    expect(() => resolveInputs(definition, { isue: '7', note: 'a\0b' })).toThrow(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        details: {
          faults: [
            expect.stringContaining('has no input isue (it has: issue, branch, note)'),
            expect.stringContaining('input note has a NUL byte'),
            expect.stringContaining('input issue is missing'),
          ],
        },
      }),
    );
  });
});

describe('a definition that travels', () => {
  it('leaves scripts above 16 KiB behind, by digest', () => {
    const large = `# ${'x'.repeat(3 * 1024 * 1024)}`;
    const { definition, texts } = prepareSource({
      definition: aDefinition([
        aBashNode('small', { script: 'true' }),
        aBashNode('large', { script: large }),
      ]),
      library: {},
      source: null,
      texts: new Map(),
    });
    expect([...texts.values()]).toEqual([large]);
    const [small, stored] = definition.nodes;
    expect(small).toMatchObject({ script: { kind: 'inline', text: 'true' } });
    expect(stored).toMatchObject({
      script: { kind: 'stored', sha256: [...texts.keys()][0], bytes: large.length },
    });
  });

  it('leaves long prompts behind, too, those for what is rejected included', () => {
    const long = (what: string): string => `${what} ${'x'.repeat(20_000)}`;
    const onReject = { prompt: { kind: 'inline', text: long('mend') }, maxAttempts: 3 } as const;
    const { definition, texts } = prepareSource({
      definition: aDefinition([
        anAgentNode('plan', { text: long('plan') }),
        anAgentLoop('fix', { text: long('fix') }),
        aGate('ok', { onReject }),
      ]),
      library: {},
      source: null,
      texts: new Map(),
    });
    expect([...texts.values()]).toEqual([long('plan'), long('fix'), long('mend')]);
    const stored = { kind: 'stored' };
    expect(definition.nodes).toMatchObject([
      { prompt: { text: stored } },
      { prompt: { text: stored } },
      { onReject: { prompt: stored, maxAttempts: 3 } },
    ]);
  });

  it('tells what the scripts of sub-runs need, those in bodies included', () => {
    const uv = aDefinition([aLoopGroup('g', [aScriptNode('a', { runtime: 'uv' })])], { name: 'uv' });
    const bun = aDefinition([aScriptNode('a'), aScriptNode('b')], { name: 'bun' });
    const captured = { definition: aDefinition([aScriptNode('own')]), source: null, texts: new Map() };
    expect(prepareSource({ ...captured, library: { uv, bun } }).libraryRuntimes).toEqual(['uv', 'bun']);
    expect(prepareSource({ ...captured, library: {} }).libraryRuntimes).toEqual([]);
  });

  it('takes the definitions along that it runs, large ones by digest', () => {
    const [small, large] = ['small', 'large'].map((name) => aDefinition([aBashNode('only')], { name }));
    const { library, texts } = prepareSource({
      definition: aDefinition([aBashNode('a')]),
      library: { small: small!, large: { ...large!, description: 'x'.repeat(20_000) } },
      source: null,
      texts: new Map([['a'.repeat(64), 'captured']]),
    });
    expect(library['small']).toEqual({ kind: 'inline', text: JSON.stringify(small) });
    expect(library['large']).toMatchObject({ kind: 'stored' });
    expect([...texts.values()]).toEqual(['captured', expect.stringContaining('"name":"large"')]);
  });
});
