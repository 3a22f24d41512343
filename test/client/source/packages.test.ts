import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discover } from '../../../src/client/discover.js';
import { loadSource, loadText } from '../../../src/client/load-source.js';
import type { Scopes } from '../../../src/client/source/scopes.js';
import { parseManifest } from '../../../src/core/source/source-manifest.js';

let base: string;
let scopes: Scopes;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'signalbox-packages-'));
  scopes = { root: join(base, 'repo'), archonHome: join(base, 'archon') };
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  const file = join(scopes.root, '.archon', path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

const flow = (name: string, nodes: string): string => `name: ${name}\ndescription: x\nnodes:\n${nodes}`;

async function load(name: string) {
  const loaded = await loadSource(await discover(scopes), name);
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.issues));
  return loaded.source;
}

describe('a packaged workflow', () => {
  beforeEach(async () => {
    await put(
      'workflows/pack/flow/packed.yaml',
      flow(
        'packed',
        `  - { id: check, script: check, runtime: bun }\n  - { id: plan, command: plan, depends_on: [check] }\n`,
      ),
    );
    await put('workflows/pack/flow/scripts/check.ts', 'packed');
    await put('workflows/pack/flow/commands/plan.md', 'Plan the pack.');
    await put('scripts/check.ts', 'project');
    await put('commands/plan.md', 'Plan the project.');
  });

  it('finds its own scripts and commands before those of the project', async () => {
    const { definition, source, texts } = await load('packed');
    expect(definition.nodes).toMatchObject([
      { source: { file: 'packages/project/pack/flow/scripts/check.ts' } },
      { prompt: { text: { text: 'Plan the pack.' } } },
    ]);
    const files = parseManifest(texts.get(source!.sha256)!)!;
    expect(files.map(({ path, sha256 }) => [path, texts.get(sha256)])).toEqual([
      ['packages/project/pack/flow/scripts/check.ts', 'packed'],
    ]);
  });

  it('keeps them where it is included', async () => {
    await put(
      'workflows/outer.yaml',
      flow('outer', `  - { id: own, script: check, runtime: bun }\n  - { id: in, include: packed }\n`),
    );
    const { definition, source } = await load('outer');
    expect(definition.nodes).toMatchObject([
      { source: { file: 'project/scripts/check.ts' } },
      { id: 'in__check', source: { file: 'packages/project/pack/flow/scripts/check.ts' } },
      { id: 'in__plan', prompt: { text: { text: 'Plan the pack.' } } },
    ]);
    expect(source).toMatchObject({ fileCount: 2 });
  });
});

describe('the text of a workflow', () => {
  it('may include and run what its project has', async () => {
    await put('workflows/inner.yaml', flow('inner', `  - { id: a, bash: 'true' }\n`));
    const text = flow('outer', `  - { id: i, include: inner }\n  - { id: s, workflow: inner }\n`);
    const loaded = await loadText(await discover(scopes), { file: 'outer.yaml', text });
    expect(loaded).toMatchObject({
      kind: 'loaded',
      source: {
        definition: { nodes: [{ id: 'i__a' }, { target: 'inner' }] },
        library: { inner: { name: 'inner' } },
      },
    });
  });
});

describe('an include', () => {
  it('of a workflow whose command is missing is refused where it stands', async () => {
    await put('workflows/inner.yaml', flow('inner', `  - { id: a, command: lost }\n`));
    await put('workflows/outer.yaml', flow('outer', `  - { id: i, include: inner }\n`));
    const { discovery } = await discover(scopes);
    expect(discovery.workflows.map(({ name }) => name)).toEqual(['inner']);
    expect(discovery.errors).toMatchObject([{ issues: [{ code: 'COMMAND_NOT_FOUND', line: 4 }] }]);
  });
});
