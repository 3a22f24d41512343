import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jsonOf, makeCliHome, makeRepository, workIn, type CliHome, type Worksite } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { git } from '../support/git.js';
import { linkRuntimes } from '../support/script-runtimes.js';

const SECONDS = 1000;
const PROJECTS = join(import.meta.dirname, '../fixtures/projects');

/** What the delivery calls, as its machine has it: the second round of fixing is green. */
const TOOLS: Readonly<Record<string, string>> = {
  gh: `echo '{"title": "Faster start", "labels": ["big"]}'`,
  fix: 'echo "$*" >> fixes; git add fixes; git commit --quiet -m fix; git branch --quiet --set-upstream-to main',
  npm: 'test "$(wc -l < fixes)" -eq 2 && echo GREEN || echo red',
  lint: 'echo ok',
  types: 'echo ok',
  audit: 'test "$2" = strict',
  'write-notes': 'git log --format=%s',
  'list-regions': `echo '["eu", "us", "asia"]'`,
  push: 'echo "pushed $1"',
  probe: 'echo "$1 lives"',
  announce: 'echo "announced: $*"',
};

let cli: CliHome;
let tools: string;
let repository: string;
let site: Worksite;

beforeAll(async () => {
  tools = await mkdtemp(join(tmpdir(), 'signalbox-tools-'));
  linkRuntimes(tools, ['bun']);
  for (const [name, script] of Object.entries(TOOLS)) {
    await writeFile(join(tools, name), `#!/bin/bash\n${script}\n`);
    await chmod(join(tools, name), 0o755);
  }
  cli = await makeCliHome({ PATH: `${tools}:${process.env['PATH'] ?? ''}` });
}, 300 * SECONDS);

afterAll(async () => {
  await cli.remove();
  await rm(tools, { recursive: true, force: true });
});

beforeEach(async () => {
  repository = await realpath(await makeRepository({}));
  git(repository, 'config', 'user.name', 'Ada');
  git(repository, 'config', 'user.email', 'ada@example.org');
  await writeFile(join(repository, 'README.md'), 'A project\n');
  site = workIn(cli, repository);
  return () => rm(repository, { recursive: true, force: true });
});

async function hasProject(name: string): Promise<void> {
  await cp(join(PROJECTS, name), repository, { recursive: true });
  git(repository, 'add', '.');
  git(repository, 'commit', '--quiet', '-m', 'first');
}

interface Shown {
  readonly status: string;
  readonly workingPath: string;
  readonly output: string | null;
  readonly nodes: readonly { readonly node: string; readonly status: string }[];
}

const shown = async (runId: string): Promise<Shown> =>
  jsonOf(await site.run('get', runId, '--verbose', '--json')) as unknown as Shown;

async function begin(...args: readonly string[]): Promise<{ runId: string; status: string }> {
  const result = await site.run('run', ...args, '--json');
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  return jsonOf(result) as { runId: string; status: string };
}

/** Where nobody else answers, these say that an answer was taken whose acknowledgement came too late. */
const TAKEN = ['DECISION_ALREADY_MADE', 'RUN_CLOSED'];

/** Answers a gate once it is open. */
const answer = (runId: string, node: string, decision: string, text: string): Promise<void> =>
  eventually(async () => {
    const result = await site.run('respond', runId, decision, text, '--node', node, '--json');
    const { error } = jsonOf(result) as { error?: { code: string } };
    if (!TAKEN.includes(error?.code ?? '')) {
      expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    }
  }, 60 * SECONDS);

const states = ({ nodes }: Shown): Readonly<Record<string, string>> =>
  Object.fromEntries(nodes.map(({ node, status }) => [node, status]));

describe('a delivery of eighteen nodes', { timeout: 180 * SECONDS }, () => {
  it('goes from an issue over two reviewers and rounds of fixing to three regions, in a worktree', async () => {
    await hasProject('delivery');
    const { runId, status } = await begin('deliver', '--worktree', '--input', 'issue=7');
    expect(status).toBe('paused');
    await answer(runId, 'design', 'approve', 'worth it');
    await answer(runId, 'review', 'approve', 'well done');
    await site.becomes(runId, 'completed');
    const run = await shown(runId);
    expect(states(run)).toMatchObject({
      ...{ fetch: 'completed', triage: 'completed', rounds: 'completed', patch: 'skipped' },
      ...{ quality__verdict: 'completed', rollout: 'completed', announce: 'completed', tidy: 'completed' },
    });
    expect(git(run.workingPath, 'log', '--format=%s').split('\n').slice(0, 3)).toEqual([
      'fix',
      'fix',
      'first',
    ]);
    expect(git(repository, 'log', '--format=%s').trim()).toBe('first');
    expect(git(repository, 'status', '--porcelain').trim()).toBe('');
  });
});

describe('an upgrade of seventeen nodes', { timeout: 180 * SECONDS }, () => {
  const versionIn = ({ workingPath }: Shown) => readFile(join(workingPath, 'VERSION'), 'utf8');

  it('has three sub-runs in worktrees of their own, merges them, and publishes what two people approve', async () => {
    await hasProject('upgrade');
    const { runId } = await begin('upgrade');
    await answer(runId, 'security', 'approve', '');
    await answer(runId, 'owner', 'approve', 'ship it');
    await site.becomes(runId, 'completed');
    const run = await shown(runId);
    expect(JSON.parse(run.output ?? '')).toEqual({ released: true });
    expect(states(run)).toMatchObject({ publish: 'completed', hold: 'skipped', announce: 'completed' });
    expect(await versionIn(run)).toBe('2.0.0\n');
    const subjects = git(run.workingPath, 'log', '--no-merges', '--format=%s').trim().split('\n');
    expect(subjects.toSorted()).toEqual(
      ['first', 'upgrade left', 'upgrade middle', 'upgrade right', 'version 2.0.0'].toSorted(),
    );
    expect(git(repository, 'log', '--format=%s').trim()).toBe('first');
  });

  it('publishes nothing where one of them holds it', async () => {
    await hasProject('upgrade');
    const { runId } = await begin('upgrade', '--input', 'version=3');
    await answer(runId, 'owner', 'approve', '');
    await answer(runId, 'security', 'hold', 'a flaw');
    await site.becomes(runId, 'completed');
    const run = await shown(runId);
    expect(JSON.parse(run.output ?? '')).toEqual({ released: false });
    expect(states(run)).toMatchObject({ publish: 'skipped', hold: 'completed', announce: 'skipped' });
    await expect(versionIn(run)).rejects.toThrow('ENOENT');
  });
});

describe('a shipped workflow', { timeout: 120 * SECONDS }, () => {
  beforeEach(async () => {
    await mkdir(join(repository, 'src'));
    git(repository, 'add', '.');
    git(repository, 'commit', '--quiet', '-m', 'first');
  });

  it('tells what has changed', async () => {
    await writeFile(join(repository, 'draft.md'), 'not committed');
    const { runId } = await begin('signalbox-changes');
    expect((await shown(runId)).output).toContain('?? draft.md');
  });

  it('runs the checks that a project has', async () => {
    await writeFile(join(repository, 'Makefile'), 'check:\n\ttest -f README.md\n');
    const { runId } = await begin('signalbox-checks');
    expect(states(await shown(runId))).toMatchObject({ make: 'completed', node: 'skipped', go: 'skipped' });
  });

  it('tags a release that a person approves', async () => {
    const { runId } = await begin('signalbox-release', '--input', 'version=v1.0.0');
    await answer(runId, 'decide', 'approve', '');
    await site.becomes(runId, 'completed');
    expect(git(repository, 'tag', '--list').trim()).toBe('v1.0.0');
  });
});
