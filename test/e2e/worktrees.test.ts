import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOrchestrator } from '../../src/index.js';
import type { Orchestrator, StartResult } from '../../src/client/orchestrator.js';
import type { RunId } from '../../src/core/ids.js';
import { addWorkflows, chainOf, makeRepository, type CliResult } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { git } from '../support/git.js';
import { bornWith } from '../support/living-processes.js';
import { raiseLiveStack, type LiveStack } from '../support/live-stack.js';

const SECONDS = 1000;
const RUNS = 30;

let stack: LiveStack;
let archonHome: string;
let orchestrator: Orchestrator;
let repository: string;
beforeAll(async () => {
  stack = await raiseLiveStack();
  archonHome = join(await realpath(stack.cli.home), '.archon');
  const home = stack.cli.environment['SIGNALBOX_HOME'] ?? '';
  orchestrator = createOrchestrator({ temporal: stack.client, database: stack.database, home, archonHome });
}, 300 * SECONDS);
afterAll(() => stack.remove());
beforeEach(async () => {
  repository = await realpath(await makeRepository({}));
  await writeFile(join(repository, 'file'), 'committed');
  git(repository, 'add', 'file');
  git(repository, 'commit', '--quiet', '-m', 'first');
  return () => rm(repository, { recursive: true, force: true });
});

const signalbox = (...args: readonly string[]): Promise<CliResult> =>
  stack.cli.run(args, { cwd: repository });
const json = ({ stdout }: CliResult): Record<string, unknown> =>
  JSON.parse(stdout) as Record<string, unknown>;
const treesOf = (): readonly string[] =>
  git(repository, 'worktree', 'list', '--porcelain')
    .split('\n')
    .filter((line) => line.startsWith('worktree ') && line !== `worktree ${repository}`)
    .map((line) => line.slice('worktree '.length));

describe(`${RUNS} runs at once, each with a worktree of one repository`, () => {
  it(
    'all start and complete, and leave the checkout alone',
    async () => {
      await addWorkflows(repository, { task: chainOf('task', 'cat file > out; git branch --show-current') });
      await writeFile(join(repository, 'file'), 'not committed');
      const starts = await Promise.all(
        Array.from({ length: RUNS }, () =>
          orchestrator.start({ workflow: 'task', workingPath: repository, isolation: { worktree: true } }),
        ),
      );
      expect(starts.map(({ kind }) => kind)).toEqual(Array(RUNS).fill('started'));
      const runs = starts as Extract<StartResult, { kind: 'started' }>[];
      const ends = await Promise.all(runs.map(({ runId }) => orchestrator.follow(runId)));
      expect(ends.map(({ status, error }) => error?.message ?? status)).toEqual(
        Array(RUNS).fill('completed'),
      );
      expect(new Set(ends.map(({ output }) => output)).size).toBe(RUNS);
      const trees = treesOf();
      expect([...trees].sort()).toEqual(runs.map(({ workingPath }) => workingPath).sort());
      for (const tree of trees) {
        expect(tree.startsWith(`${archonHome}/workspaces/_local/`)).toBe(true);
        expect(await readFile(join(tree, 'out'), 'utf8')).toBe('committed');
      }
      expect(existsSync(join(repository, 'out'))).toBe(false);
      const { rows } = await stack.database.query<{ environments: string; codebases: string }>(
        `SELECT count(*) AS environments, count(DISTINCT codebase.id) AS codebases
         FROM remote_agent_isolation_environments AS environment
         JOIN remote_agent_codebases AS codebase ON codebase.id = environment.codebase_id
         WHERE codebase.default_cwd = $1 AND environment.status = 'active'`,
        [repository],
      );
      expect(rows).toEqual([{ environments: String(RUNS), codebases: '1' }]);
    },
    180 * SECONDS,
  );
});

describe('a worktree that is named', () => {
  it(
    'is one path: of two starts at once one gets it, and a later one works in it again',
    async () => {
      await addWorkflows(repository, {
        task: chainOf('task', 'echo again >> ran; while test -e wait; do sleep 0.1; done'),
      });
      const wait = 'echo first >> ran; touch wait; while test -e wait; do sleep 0.1; done';
      await addWorkflows(repository, { slow: chainOf('slow', wait) });
      const [one, other] = await Promise.all([
        signalbox('run', 'slow', '--branch', 'Feat/Foo', '--detach', '--json'),
        signalbox('run', 'slow', '--branch', 'Feat/Foo', '--detach', '--json'),
      ]);
      expect([one.exitCode, other.exitCode].sort()).toEqual([0, 75]);
      const [started, refused] = one.exitCode === 0 ? [json(one), json(other)] : [json(other), json(one)];
      const tree = String(started['workingPath']);
      expect(tree.endsWith('/worktrees/archon/task-feat-foo')).toBe(true);
      expect(refused).toMatchObject({ error: { code: 'LEASE_HELD' }, holder: { runId: started['runId'] } });
      await eventually(() => expect(existsSync(join(tree, 'wait'))).toBe(true), 30 * SECONDS);
      const kept = await signalbox('complete', 'Feat/Foo', '--json');
      expect(json(kept)).toMatchObject({ results: [{ isRemoved: false }] });
      await rm(join(tree, 'wait'));
      expect((await orchestrator.follow(started['runId'] as RunId)).status).toBe('completed');
      expect((await signalbox('run', 'task', '-b', 'Feat/Foo')).exitCode).toBe(0);
      expect(await readFile(join(tree, 'ran'), 'utf8')).toBe('first\nagain\n');
      expect(existsSync(join(repository, 'ran'))).toBe(false);
    },
    120 * SECONDS,
  );

  it(
    'is resumed where it was, and told when it is gone',
    async () => {
      await addWorkflows(repository, { task: chainOf('task', 'echo one >> ran', 'test -e fixed') });
      const failed = await signalbox('workflow', 'run', 'task', '--branch', 'mend', '--json');
      expect(failed.exitCode).toBe(1);
      const tree = String(json(failed)['workingPath']);
      await writeFile(join(tree, 'fixed'), '');
      const resumed = await stack.cli.run(['run', 'task', '--resume'], { cwd: tree });
      expect(resumed.exitCode, resumed.stderr).toBe(0);
      expect(await readFile(join(tree, 'ran'), 'utf8')).toBe('one\n');
      const gone = await signalbox('run', 'task', '--branch', 'gone', '--json');
      await rm(String(json(gone)['workingPath']), { recursive: true });
      const refused = await signalbox('resume', String(json(gone)['runId']));
      expect(refused.exitCode).toBe(64);
      expect(refused.stderr).toContain('no longer exists');
    },
    120 * SECONDS,
  );
});

describe('sub-runs with worktrees of their own', () => {
  it(
    'work beside each other, in the boxes of their own paths',
    async () => {
      const fan = {
        ...{ id: 'fan', workflow: 'child', isolation: 'worktree' },
        fan_out: { items: '["a","b","c"]', max_parallel: 3 },
      };
      await addWorkflows(repository, {
        child: chainOf('child', 'echo "$ARGUMENTS" > out; git branch --show-current'),
        parent: JSON.stringify({ name: 'parent', description: 'parent', nodes: [fan] }),
      });
      const result = await signalbox('run', 'parent', '--json');
      expect(result.exitCode, result.stdout + result.stderr).toBe(0);
      const branches = JSON.parse(String(json(result)['output'])) as string[];
      const short = String(json(result)['runId']).slice(0, 8);
      expect(branches.map((branch) => branch.replace(/-[0-9a-f]{8}-child/, ''))).toEqual(
        ['0', '1', '2'].map((index) => `archon/task-${short}-fan-${index}`),
      );
      const outs = await Promise.all(treesOf().map((tree) => readFile(join(tree, 'out'), 'utf8')));
      expect(outs.sort()).toEqual(['a\n', 'b\n', 'c\n']);
      expect(existsSync(join(repository, 'out'))).toBe(false);
    },
    60 * SECONDS,
  );
});

describe('a worktree that is being made', () => {
  it(
    'is finished by the next worker when its own is killed in the middle',
    async () => {
      await addWorkflows(repository, { task: chainOf('task', 'cat file; cat hooked') });
      const hook = join(repository, '.git', 'hooks', 'post-checkout');
      const once = `${repository}/.git/hook-began`;
      await writeFile(
        hook,
        `#!/bin/sh\necho "$$" >> ${once}; test "$(wc -l < ${once})" -gt 1 || sleep 300; echo hooked > hooked\n`,
      );
      await chmod(hook, 0o755);
      const started = json(await signalbox('run', 'task', '--branch', 'cut', '--detach', '--json'));
      await eventually(() => expect(existsSync(once)).toBe(true), 60 * SECONDS);
      const { parts } = json(await signalbox('ps', '--json')) as { parts: { name: string; pid: number }[] };
      process.kill(parts.find(({ name }) => name === 'worker')!.pid, 'SIGKILL');
      const end = await orchestrator.follow(started['runId'] as RunId);
      expect(end, JSON.stringify(end.error)).toMatchObject({
        status: 'completed',
        output: 'committedhooked',
      });
      expect(bornWith(`SIGNALBOX_RUN_ID=${String(started['runId'])}`)).toEqual([]);
      expect(git(String(started['workingPath']), 'status', '--porcelain', 'file')).toBe('');
    },
    180 * SECONDS,
  );

  it(
    'fails its run, which then has done nothing anywhere',
    async () => {
      await addWorkflows(repository, { task: chainOf('task', 'touch ran') });
      const result = await signalbox('run', 'task', '--branch', 'x', '--from', 'nothing', '--json');
      expect(result.exitCode).toBe(1);
      expect(json(result)).toMatchObject({ status: 'failed', error: { code: 'WORKTREE_FAILED' } });
      expect(treesOf()).toEqual([]);
      expect(existsSync(join(repository, 'ran'))).toBe(false);
    },
    60 * SECONDS,
  );
});

describe('cleaning up', () => {
  it(
    'removes what is merged, and keeps the dirty one and the one in which a run waits',
    async () => {
      const gate = { id: 'ask', approval: { message: 'go on?' } };
      await addWorkflows(repository, {
        nothing: chainOf('nothing', 'true'),
        dirty: chainOf('dirty', 'echo changed > file'),
        gate: JSON.stringify({ name: 'gate', description: 'gate', interactive: true, nodes: [gate] }),
      });
      await mkdir(join(repository, 'dir'));
      for (const name of ['nothing', 'dirty', 'gate']) {
        const run = await signalbox('run', name, '--branch', name);
        expect(run.exitCode, run.stderr).toBe(0);
      }
      const listed = json(await signalbox('isolation', 'list', '--json'))['worktrees'];
      expect(listed).toMatchObject([
        { identifier: 'nothing', isDirty: false, hasOpenRun: false },
        { identifier: 'dirty', isDirty: true, hasOpenRun: false },
        { identifier: 'gate', hasOpenRun: true },
      ]);
      const cleaned = await signalbox('isolation', 'cleanup', '--merged', '--json');
      expect(json(cleaned)['results']).toMatchObject([
        { branch: 'archon/task-nothing', isRemoved: true, isBranchRemoved: true },
        { branch: 'archon/task-dirty', isRemoved: false },
        { branch: 'archon/task-gate', isRemoved: false },
      ]);
      const left = await readdir(join(treesOf()[0]!, '..'));
      expect(left.sort()).toEqual(['task-dirty', 'task-gate']);
      const branches = execFileSync('git', ['-C', repository, 'branch', '--list', 'archon/*'], {
        encoding: 'utf8',
      });
      expect(branches).not.toContain('task-nothing');
    },
    120 * SECONDS,
  );
});
