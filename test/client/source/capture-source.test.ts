import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { captureFolder } from '../../../src/client/source/capture-folder.js';
import { captureSource } from '../../../src/client/source/capture-source.js';
import { makeCommandFinder } from '../../../src/client/source/find-command.js';
import { makeScriptFinder } from '../../../src/client/source/find-script.js';
import { DEFAULT_CONFIG } from '../../../src/client/source/read-project-config.js';
import type { Scopes } from '../../../src/client/source/scopes.js';
import type { WorkflowDefinition } from '../../../src/core/definition/definition.js';
import { parseManifest } from '../../../src/core/source/source-manifest.js';
import {
  aBashNode,
  aDefinition,
  aLoopGroup,
  aScriptNode,
  nodeId,
  type NodeDraft,
} from '../../support/builders.js';

let base: string;
let scopes: Scopes;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'signalbox-capture-'));
  scopes = { root: join(base, 'repo'), archonHome: join(base, 'archon') };
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function put(path: string, text: string | Uint8Array): Promise<string> {
  const file = join(base, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

const named = (id: string, name: string) => aScriptNode(id, { source: { kind: 'named', name } });
const agentOf = (id: string, command: string): NodeDraft<'agent'> => ({
  ...OWN,
  id: nodeId(id),
  kind: 'agent',
  prompt: { kind: 'command', name: command, text: null },
  settings: {},
  idleTimeoutMs: 1_000,
  retry: null,
});
const subrunOf = (id: string, target: string): NodeDraft<'workflow'> => ({
  ...OWN,
  id: nodeId(id),
  kind: 'workflow',
  target,
  input: '',
  isolation: 'inherit',
  fanOut: null,
});
const OWN = { description: null, needs: [], when: null, triggerRule: 'all_success' } as const;

function capture(definition: WorkflowDefinition, others: readonly WorkflowDefinition[] = []) {
  const workflows = others.map((other) => ({
    definition: other,
    package: null,
    workflow: {
      ...{ name: other.name, description: '', tags: [], inputs: [], warnings: [] },
      ...{ file: '', scope: 'project' as const },
    },
  }));
  const discovery = { root: scopes.root, workflows: [], errors: [] };
  return captureSource({ scopes, workflows, discovery, files: [] }, DEFAULT_CONFIG, {
    definition,
    package: null,
  });
}

describe('what a run takes along', () => {
  it('is nothing when no node needs a file', async () => {
    const definition = aDefinition([aBashNode('a')]);
    expect(await capture(definition)).toEqual({ definition, library: {}, source: null, texts: new Map() });
  });

  it('has the texts of its commands, in loop groups too', async () => {
    await put('repo/.archon/commands/plan.md', '---\nx: 1\n---\nPlan it.\n');
    const { definition } = await capture(
      aDefinition([agentOf('a', 'plan'), aLoopGroup('g', [agentOf('b', 'plan'), agentOf('c', 'absent')])]),
    );
    const prompt = (text: string | null, name = 'plan') => ({
      prompt: { kind: 'command', name, text: text === null ? null : { kind: 'inline', text } },
    });
    const text = '---\nx: 1\n---\nPlan it.\n';
    expect(definition.nodes).toMatchObject([
      prompt(text),
      { body: { nodes: [prompt(text), prompt(null, 'absent')] } },
    ]);
  });

  it('knows what the texts of its commands refer to, from bodies outwards, and which fields they read', async () => {
    await put(
      'repo/.archon/commands/plan.md',
      'Plan $a.output.size and $INPUTS.mode after $LOOP_PREV.b.output.x',
    );
    const body = [aBashNode('b'), agentOf('c', 'plan')];
    const { definition } = await capture(
      aDefinition([aBashNode('a'), agentOf('late', 'plan'), aLoopGroup('g', body), aBashNode('z')]),
    );
    const [a, late, g, z] = definition.nodes;
    const size = { kind: 'node', nodeId: 'a', field: 'size' };
    const all = [size, { kind: 'input', name: 'mode' }, { kind: 'previous', nodeId: 'b', field: 'x' }];
    expect(a).toMatchObject({ fieldsRead: ['size'], references: [] });
    expect(late).toMatchObject({ references: all });
    expect(g).toMatchObject({
      references: [size],
      body: {
        nodes: [
          { id: 'b', fieldsRead: ['x'] },
          { id: 'c', references: all, fieldsRead: [] },
        ],
      },
    });
    expect(z).toMatchObject({ references: [], fieldsRead: [] });
  });

  it('has the whole folder of a named script, and says where the script lies in the copy', async () => {
    await put('repo/.archon/scripts/tools/report.ts', 'import "../lib/x.ts";');
    await put('repo/.archon/scripts/lib/deep/er/x.ts', 'x');
    await put('archon/scripts/unused.py', 'never');
    const { definition, source, texts } = await capture(aDefinition([named('a', 'report')]));
    expect(definition.nodes).toMatchObject([{ source: { file: 'project/scripts/tools/report.ts' } }]);
    expect(source).toMatchObject({ fileCount: 2, byteCount: 22 });
    const files = parseManifest(texts.get(source!.sha256)!)!;
    expect(files.map(({ path, sha256 }) => [path, texts.get(sha256)])).toEqual([
      ['project/scripts/lib/deep/er/x.ts', 'x'],
      ['project/scripts/tools/report.ts', 'import "../lib/x.ts";'],
    ]);
  });

  it('is the same for the same files, whatever order they were found in', async () => {
    await put('repo/.archon/scripts/a.ts', '1');
    await put('archon/scripts/b.py', '2');
    const [first, second] = await Promise.all([
      capture(aDefinition([named('a', 'a'), named('b', 'b')])),
      capture(aDefinition([named('b', 'b'), named('a', 'a')])),
    ]);
    expect(first.source).toEqual(second.source);
  });

  it('has the workflows that it runs, and theirs, each once, with what they need', async () => {
    await put('repo/.archon/scripts/a.ts', '1');
    const others = [
      aDefinition([subrunOf('x', 'inner')], { name: 'outer' }),
      aDefinition([named('s', 'a'), subrunOf('back', 'outer')], { name: 'inner' }),
      aDefinition([aBashNode('b')], { name: 'unrelated' }),
    ];
    const { library, source } = await capture(
      aDefinition([subrunOf('s', 'outer'), subrunOf('t', 'no')]),
      others,
    );
    expect(Object.keys(library)).toEqual(['outer', 'inner']);
    expect(library['inner']?.nodes[0]).toMatchObject({ source: { file: 'project/scripts/a.ts' } });
    expect(source).toMatchObject({ fileCount: 1 });
  });

  it('has what a sub-run means by a part of a name, under its whole name', async () => {
    const { definition, library } = await capture(
      aDefinition([subrunOf('s', 'assist'), subrunOf('t', 'no')]),
      [aDefinition([aBashNode('a')], { name: 'team-assist' })],
    );
    expect(Object.keys(library)).toEqual(['team-assist']);
    expect(definition.nodes).toMatchObject([{ target: 'team-assist' }, { target: 'no' }]);
  });
});

describe('a folder that is captured', () => {
  it('keeps what is no text, and what may be executed', async () => {
    const bytes = Uint8Array.of(0xff, 0x00, 0x41);
    await put('s/a.bin', bytes);
    await chmod(await put('s/run.ts', 'x'), 0o755);
    const { files, texts } = await captureFolder(join(base, 's'), 'project/scripts');
    expect(files).toMatchObject([
      { path: 'project/scripts/a.bin', encoding: 'base64', isExecutable: false },
      { path: 'project/scripts/run.ts', encoding: 'utf8', isExecutable: true },
    ]);
    expect(Buffer.from(texts.get(files[0]!.sha256)!, 'base64')).toEqual(Buffer.from(bytes));
  });

  it("passes over git's files, Python's caches, and links that lead nowhere or back", async () => {
    await put('s/a.ts', 'x');
    await put('s/.git/config', 'x');
    await put('s/__pycache__/a.pyc', 'x');
    await symlink(join(base, 's'), join(base, 's', 'again'));
    await symlink(join(base, 'nowhere'), join(base, 's', 'lost.ts'));
    const { files } = await captureFolder(join(base, 's'), 'p');
    expect(files.map(({ path }) => path)).toEqual(['p/a.ts']);
  });

  it('follows links out of it', async () => {
    await put('elsewhere/far.ts', 'far');
    await mkdir(join(base, 's'));
    await symlink(join(base, 'elsewhere'), join(base, 's', 'linked'));
    const { files } = await captureFolder(join(base, 's'), 'p');
    expect(files.map(({ path }) => path)).toEqual(['p/linked/far.ts']);
  });

  it('is refused when it has more files than any source', async () => {
    await Promise.all(Array.from({ length: 2_001 }, (_, index) => put(`s/${index}.txt`, '')));
    await expect(captureFolder(join(base, 's'), 'p')).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });
});

describe('a command', () => {
  const finder = (more: object = {}) =>
    makeCommandFinder({
      scopes: { ...scopes, bundled: join(base, 'bundled') },
      config: { ...DEFAULT_CONFIG, commandsFolder: '.claude/commands', ...more },
      package: join(base, 'pack'),
    });

  it('is looked for in the package, the project, its own folder, with the user, and among what is shipped', async () => {
    const places = [
      'pack/commands/plan.md',
      'repo/.archon/commands/plan.md',
      'repo/.archon/commands/team/plan.md',
      'repo/.claude/commands/plan.md',
      'archon/commands/plan.md',
      'bundled/commands/plan.md',
    ];
    for (const place of places) await put(place, place);
    for (const place of places) {
      expect(await finder().find('plan')).toMatchObject({ kind: 'found', text: place });
      await rm(join(base, place));
    }
    expect(await finder().find('plan')).toMatchObject({ kind: 'refused' });
  });

  it('is not looked for among what is shipped where the config says so', async () => {
    await put('bundled/commands/plan.md', 'x');
    expect(await finder({ loadsDefaultCommands: false }).find('plan')).toMatchObject({ kind: 'refused' });
  });

  it.each([
    ['is missing', 'absent', 'is not there: absent.md is in none of'],
    ['is blank, whatever lies further on', 'blank', 'is empty'],
    ['is no UTF-8, whatever lies further on', 'odd', 'cannot be read'],
    ['has a name that leads elsewhere', '../x', 'has no name that a file may have'],
  ])('that %s is told so', async (_, name, problem) => {
    for (const further of ['blank', 'odd']) await put(`archon/commands/${further}.md`, 'Well.');
    await put('repo/.archon/commands/blank.md', ' \n');
    await put('repo/.archon/commands/odd.md', Uint8Array.of(0xff));
    const reading = await finder().find(name);
    expect(reading).toMatchObject({ kind: 'refused', problem: expect.stringContaining(problem) });
  });
});

describe('a named script', () => {
  const finder = () => makeScriptFinder(scopes);

  it('is the project’s, else the user’s, and its ending says what runs it', async () => {
    await put('repo/.archon/scripts/deep/check.ts', '');
    await put('archon/scripts/check.py', '');
    expect(await finder().find('check')).toMatchObject({
      runtime: 'bun',
      from: { capturedAs: 'project/scripts' },
    });
    await rm(join(base, 'repo'), { recursive: true });
    expect(await finder().find('check')).toMatchObject({
      runtime: 'uv',
      from: { capturedAs: 'global/scripts' },
    });
  });

  it.each([
    ['is missing', 'absent', 'is not there: none of'],
    ['has two endings in one scope', 'twice', 'may be any of'],
    ['lies too deep', 'deep', 'is not there'],
    ['has another ending', 'shell', 'is not there'],
  ])('that %s is told so', async (_, name, problem) => {
    for (const path of ['twice.ts', 'twice.py', 'a/b/deep.ts', 'shell.sh']) {
      await put(`repo/.archon/scripts/${path}`, '');
    }
    const finding = await finder().find(name);
    expect(finding).toMatchObject({ kind: 'refused', problem: expect.stringContaining(problem) });
  });
});
