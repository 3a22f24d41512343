import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunId } from '../../src/core/ids.js';
import type { RunRecord } from '../../src/ports/run-table.js';
import { addWorkflows, jsonOf, makeRepository, workIn, type Worksite } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { git } from '../support/git.js';
import { bornWith } from '../support/living-processes.js';
import { raiseLiveStack, type LiveStack } from '../support/live-stack.js';
import {
  beforeAnything,
  behindChildStart,
  resetExecution,
  taskBehind,
  type WorkflowTask,
} from '../support/reset-run.js';

const SECONDS = 1000;
const LONG = { timeout: 240 * SECONDS };

let stack: LiveStack;
let repository: string;
let site: Worksite;
beforeAll(async () => {
  stack = await raiseLiveStack();
}, 300 * SECONDS);
afterAll(() => stack.remove());
beforeEach(async () => {
  repository = await makeRepository({});
  site = workIn(stack.cli, repository);
  return () => rm(repository, { recursive: true, force: true });
});

/** Tells in the main checkout who works, and who does so while another of its name has not ended yet. */
const WORK = `log=$(dirname "$(git rev-parse --git-common-dir)")
exec 9> "$log/at-$ARGUMENTS"
flock -n 9 || echo "beside $ARGUMENTS" >> "$log/log"
trap 'sleep 1; exit 9' TERM
echo "begun $ARGUMENTS" >> "$log/log"
until [ -e "$log/go" ]; do sleep 0.05; done
echo "did $ARGUMENTS"`;

const written = (definition: object): string => JSON.stringify({ description: 'for a reset', ...definition });
const child = written({
  name: 'child',
  nodes: [
    { id: 'first', bash: 'echo first' },
    { id: 'work', depends_on: ['first'], bash: WORK },
  ],
});
const parentOf = (sub: object): string =>
  written({
    name: 'parent',
    nodes: [
      { id: 'sub', workflow: 'child', ...sub },
      { id: 'after', depends_on: ['sub'], bash: 'echo after $sub.output' },
    ],
  });

const FAN = {
  isolation: 'worktree',
  fan_out: { items: '["a", "b", "c"]', max_parallel: 2, join: 'all_success' },
};

interface Begun {
  readonly runId: RunId;
  readonly temporalWorkflowId: string;
}

/** Starts the parent, and waits until these are at work. */
async function begin(sub: object, ...items: readonly string[]): Promise<Begun> {
  await addWorkflows(repository, { parent: parentOf(sub), child });
  git(repository, 'commit', '--quiet', '--allow-empty', '-m', 'first');
  const started = await site.run('run', 'parent', '--detach', '--json');
  expect(started.exitCode, started.stderr).toBe(0);
  await untilBegun(...items);
  return jsonOf(started) as unknown as Begun;
}

const log = async (): Promise<readonly string[]> => {
  const file = join(repository, 'log');
  return existsSync(file) ? (await readFile(file, 'utf8')).trim().split('\n').sort() : [];
};
const untilBegun = (...items: readonly string[]): Promise<void> =>
  eventually(async () => {
    expect(await log()).toEqual(items.map((item) => `begun ${item}`));
  }, 60 * SECONDS);

const childrenOf = ({ runId }: Begun): Promise<readonly RunRecord[]> => stack.orchestrator.children(runId);
const reset = (temporalWorkflowId: string, task: WorkflowTask): Promise<string> =>
  resetExecution(stack.client, stack.client.workflow.getHandle(temporalWorkflowId), task);
const letGo = (): Promise<void> => writeFile(join(repository, 'go'), '');
const endOf = ({ runId }: Begun) => stack.orchestrator.follow(runId);

/** Behind its first node, at work on the second. */
const behindFirstNode = taskBehind((event) => event.activityTaskCompletedEventAttributes !== undefined);

describe('an operator’s reset of a sub-run at work', LONG, () => {
  it.each([
    ['to its beginning', beforeAnything],
    ['to behind its first node', behindFirstNode],
  ])('%s: what it did ends before it begins again, and its parent gets the new result', async (_, task) => {
    const run = await begin({ input: 'it' }, 'it');
    const [old] = await childrenOf(run);
    await reset(old!.temporalWorkflowId!, task);
    await untilBegun('it', 'it');
    await letGo();
    expect(await endOf(run)).toMatchObject({ status: 'completed', output: 'after did it' });
    expect(await log()).toEqual(['begun it', 'begun it']);
    expect(await childrenOf(run)).toMatchObject([{ runId: old!.runId, status: 'completed' }]);
    expect(bornWith(`SIGNALBOX_RUN_ID=${run.runId}`)).toEqual([]);
  });

  it('in a worktree of its own is the same', async () => {
    const run = await begin({ input: 'it', isolation: 'worktree' }, 'it');
    const [old] = await childrenOf(run);
    await reset(old!.temporalWorkflowId!, beforeAnything);
    await untilBegun('it', 'it');
    await letGo();
    expect(await endOf(run)).toMatchObject({ status: 'completed', output: 'after did it' });
    expect(await childrenOf(run)).toMatchObject([{ runId: old!.runId, status: 'completed' }]);
  });
});

describe('an operator’s reset of a run whose sub-runs have worktrees of their own', LONG, () => {
  it('to before they began ends them, and only then begins new ones there', async () => {
    const run = await begin(FAN, 'a', 'b');
    await reset(run.temporalWorkflowId, beforeAnything);
    await untilBegun('a', 'a', 'b', 'b');
    await letGo();
    expect(await endOf(run)).toMatchObject({
      status: 'completed',
      output: 'after ["did a","did b","did c"]',
    });
    expect(await log()).toEqual(['begun a', 'begun a', 'begun b', 'begun b', 'begun c']);
    const statuses = (await childrenOf(run)).map(({ status }) => status).sort();
    expect(statuses).toEqual(['cancelled', 'cancelled', 'completed', 'completed', 'completed']);
  });

  it('to behind their start ends them and fails, and a resume goes on with the very same', async () => {
    const run = await begin(FAN, 'a', 'b');
    const before = await childrenOf(run);
    await reset(run.temporalWorkflowId, behindChildStart);
    const end = await endOf(run);
    expect(end.status).toBe('failed');
    expect(end.error?.message).toContain('was reset in Temporal while its sub-runs were open');
    await eventually(async () => {
      expect((await childrenOf(run)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
    }, 60 * SECONDS);
    for (const { runId } of before) expect(bornWith(`SIGNALBOX_RUN_ID=${runId}`)).toEqual([]);
    await letGo();
    const resumed = await site.run('resume', run.runId, '--json');
    expect(jsonOf(resumed)).toMatchObject({ ok: true, output: 'after ["did a","did b","did c"]' });
    const after = await childrenOf(run);
    expect(after.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect(after.slice(0, 2).map(({ runId }) => runId)).toEqual(before.map(({ runId }) => runId));
  });
});
