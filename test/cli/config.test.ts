import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discover } from '../../src/client/discover.js';
import { loadSource, type RunSource } from '../../src/client/load-source.js';
import { checkFile } from '../../src/client/source/check-files.js';
import { makeDirectory, runFake } from './fake-cli.js';

const SHOW = `name: show
description: d
nodes:
  - { id: a, bash: 'echo docs=$DOCS_DIR base=$BASE_BRANCH mode=$MODE user=$WHOSE' }
`;
const AGENT = `name: agent
description: d
nodes: [{ id: a, command: plan, model: small, hooks: { Stop: [{ response: {} }] } }]
`;

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ directory, remove } = await makeDirectory({ 'show.yaml': SHOW, 'agent.yaml': AGENT }));
});
afterEach(() => remove());

async function put(path: string, text: string): Promise<void> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

const scopes = () => ({
  ...{ root: directory, archonHome: join(directory, 'home'), bundled: join(directory, 'shipped') },
});
const config = (text: string): Promise<void> => put('.archon/config.yaml', text);
const users = (text: string): Promise<void> => put('home/config.yaml', text);

async function sourceOf(name: string): Promise<RunSource> {
  const loaded = await loadSource(await discover(scopes()), name);
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.issues));
  return loaded.source;
}

/** What is told of the agent's file, as `code key`. */
async function toldOfAgent(): Promise<readonly string[]> {
  const catalogue = await discover(scopes());
  const file = catalogue.files.find(({ parsed }) => parsed.name === 'agent')!;
  const around = { searchPath: '', home: null, claudeHome: null };
  const issues = await checkFile(catalogue, file, around);
  return issues.map(({ code, path }) => `${code} ${path.at(-1)!}`);
}

const shown = async (): Promise<string> => {
  const catalogue = await discover(scopes());
  const services = { catalogue: () => Promise.resolve(catalogue) };
  const result = await runFake(['run', 'show', '--dry-run', '--exec-code'], { directory, services });
  return result.stdout + result.stderr;
};

describe('a key of the config', () => {
  it('docs.path, worktree.baseBranch and env reach the nodes of a dry run, the project’s before the user’s', async () => {
    await users('docs: { path: theirs/ }\nenv: { MODE: theirs, WHOSE: users }\n');
    await config('docs: { path: handbook/ }\nworktree: { baseBranch: develop }\nenv: { MODE: test }\n');
    expect(await shown()).toContain('docs=handbook/ base=develop mode=test user=users');
  });

  it('defaults.loadDefaultWorkflows leaves out what is shipped', async () => {
    await put('shipped/workflows/extra.yaml', SHOW.replace('show', 'extra'));
    const names = async () => (await discover(scopes())).discovery.workflows.map(({ name }) => name);
    expect(await names()).toEqual(['agent', 'extra', 'show']);
    await config('defaults: { loadDefaultWorkflows: false }\n');
    expect(await names()).toEqual(['agent', 'show']);
  });

  it('defaults.loadDefaultCommands leaves out what is shipped, and commands.folder is one more place', async () => {
    await put('shipped/commands/plan.md', 'Shipped.');
    expect(await toldOfAgent()).toEqual([]);
    await config('defaults: { loadDefaultCommands: false }\n');
    expect(await toldOfAgent()).toEqual(['COMMAND_NOT_FOUND command']);
    await put('more/plan.md', 'Ours.');
    await config('defaults: { loadDefaultCommands: false }\ncommands: { folder: more }\n');
    expect((await sourceOf('agent')).definition.nodes).toMatchObject([
      { prompt: { text: { text: 'Ours.' } } },
    ]);
  });

  it('schedule counts for workflows that say none', async () => {
    expect((await sourceOf('show')).definition.schedule).toBe('layers');
    await config('schedule: dataflow\n');
    expect((await sourceOf('show')).definition.schedule).toBe('dataflow');
  });

  it('assistant, defaultAssistant and tiers say whose keys the keys of an agent must be', async () => {
    await put('.archon/commands/plan.md', 'Plan.');
    expect(await toldOfAgent()).toEqual([]);
    await users('defaultAssistant: codex\n');
    expect(await toldOfAgent()).toEqual(['KEY_UNSUPPORTED hooks']);
    await config('assistant: claude\n');
    expect(await toldOfAgent()).toEqual([]);
    await config('assistant: claude\ntiers: { small: { provider: pi, model: x } }\n');
    expect(await toldOfAgent()).toEqual(['KEY_UNSUPPORTED hooks']);
  });

  it('worktree keys are what worktrees of runs are made by', async () => {
    await config(
      'worktree: { enabled: true, copyFiles: [.env], initSubmodules: false, path: trees, remote: up }\n',
    );
    expect((await sourceOf('show')).config.worktree).toEqual({
      ...{ isWanted: true, baseBranch: null, copyFiles: ['.env'], initSubmodules: false },
      ...{ path: 'trees', remote: 'up' },
    });
  });

  it.each([
    ['container: { image: x }', 'KEY_IGNORED'],
    ['paths: { worktrees: /x }', 'KEY_IGNORED'],
    ['concurrency: { maxConversations: 1 }', 'KEY_IGNORED'],
  ])('without effect is told, with its place: %s', async (text, code) => {
    await config(`# nothing\n${text}\n`);
    const { stdout, exitCode } = await runFake(['validate', 'show'], { directory });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`config.yaml:2:1 warning ${code}`);
  });

  it('recommendedWorkflows is for Archon’s screens, and told of no one', async () => {
    await config('recommendedWorkflows: [show]\n');
    const { stdout } = await runFake(['validate', 'show'], { directory });
    expect(stdout).not.toContain('config');
  });
});

it('a dry run is refused for a config that a run is refused for', async () => {
  await config('docs: 1\n');
  const result = await runFake(['run', 'show', '--dry-run', '--exec-code'], { directory });
  expect(result.exitCode).toBe(65);
  expect(result.stderr).toContain('config.yaml:1:7 error VALUE_INVALID');
});
