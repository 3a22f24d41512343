import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunId } from '../../src/core/ids.js';
import type { RunRecord } from '../../src/ports/run-table.js';
import { addWorkflows, makeRepository, type CliResult } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { git } from '../support/git.js';
import { bornWith, initOf } from '../support/living-processes.js';
import { raiseLiveStack, type LiveStack } from '../support/live-stack.js';

const SECONDS = 1000;

let stack: LiveStack;
let repository: string;
beforeAll(async () => {
  stack = await raiseLiveStack();
}, 300 * SECONDS);
afterAll(() => stack.remove());
beforeEach(async () => {
  repository = await makeRepository({});
  return () => rm(repository, { recursive: true, force: true });
});

const signalbox = (...args: readonly string[]): Promise<CliResult> =>
  stack.cli.run(args, { cwd: repository });
const json = ({ stdout }: CliResult): Record<string, unknown> =>
  JSON.parse(stdout) as Record<string, unknown>;
const childrenOf = (runId: string): Promise<readonly RunRecord[]> =>
  stack.orchestrator.children(runId as RunId);

/** A workflow in the words of a file: its keys, then its nodes. */
const workflow = (name: string, keys: string, nodes: string): string =>
  `name: ${name}\ndescription: ${name}\n${keys}nodes:\n${nodes}`;

const PARENT = workflow(
  'parent',
  '',
  `  - id: sub
    workflow: child
    input: the issue
  - id: after
    bash: echo after $sub.output
    depends_on: [sub]
`,
);

async function detach(name: string): Promise<{ runId: RunId; temporalWorkflowId: string }> {
  const started = await signalbox('run', name, '--detach', '--json');
  expect(started.exitCode, started.stderr).toBe(0);
  return JSON.parse(started.stdout) as { runId: RunId; temporalWorkflowId: string };
}

/** What of a run and its sub-runs lives, in its box. */
const living = (runId: string): readonly number[] => bornWith(`SIGNALBOX_RUN_ID=${runId}`);

/** A parent whose sub-run has left a process behind itself and works on. */
async function atWork(): Promise<{ runId: RunId; temporalWorkflowId: string; childId: string }> {
  await addWorkflows(repository, {
    parent: PARENT,
    child: workflow(
      'child',
      '',
      `  - id: work\n    bash: |\n      sleep 300 &\n      touch begun\n      sleep 300\n`,
    ),
  });
  const run = await detach('parent');
  await eventually(() => readFile(join(repository, 'begun')), 30 * SECONDS);
  const [child] = await childrenOf(run.runId);
  return { ...run, childId: child!.runId };
}

describe('a sub-run', () => {
  it(
    'works in its parent’s checkout, waits for a person, and gives its result to its parent',
    async () => {
      await addWorkflows(repository, {
        parent: PARENT,
        child: workflow(
          'child',
          'interactive: true\n',
          `  - id: look
    bash: 'echo "$ARGUMENTS" > seen'
  - id: ok
    approval:
      message: Ship it?
    depends_on: [look]
  - id: ship
    bash: 'echo shipped $(cat seen)'
    depends_on: [ok]
`,
        ),
      });
      const paused = await signalbox('run', 'parent', '--json');
      expect(paused.exitCode, paused.stderr).toBe(0);
      const { runId } = json(paused) as { runId: RunId };
      const [child] = await childrenOf(runId);
      expect(json(await signalbox('get', runId, '--json'))).toMatchObject({
        status: 'paused',
        waiting: [{ nodeId: 'sub/ok', message: 'Ship it?' }],
        metadata: { approval: { type: 'child_workflow', nodeId: 'sub', childRunId: child?.runId } },
        children: [{ runId: child?.runId, workflow: 'child', status: 'paused', parentRunId: runId }],
      });
      const shown = await signalbox('get', child!.runId);
      expect(shown.stdout).toContain(`parent     ${runId}, node sub`);
      const approved = await signalbox('approve', runId, '--json');
      expect(approved.exitCode, approved.stdout).toBe(0);
      const end = await stack.orchestrator.follow(runId);
      expect(end).toMatchObject({ status: 'completed', output: 'after shipped the issue' });
      expect((await childrenOf(runId))[0]).toMatchObject({ status: 'completed' });
      expect((await signalbox('runs')).stdout).toContain(`child (of ${runId.slice(0, 8)})`);
    },
    120 * SECONDS,
  );

  it(
    'that waits for a person is answered at itself, too, by its own id',
    async () => {
      await addWorkflows(repository, {
        parent: PARENT,
        child: workflow(
          'child',
          'interactive: true\n',
          `  - id: ok
    approval:
      message: Ship it?
  - id: ship
    bash: 'echo shipped'
    depends_on: [ok]
`,
        ),
      });
      const { runId } = json(await signalbox('run', 'parent', '--json')) as { runId: RunId };
      const [child] = await childrenOf(runId);
      const approved = await signalbox('approve', child!.runId, '--json');
      expect(approved.exitCode, approved.stdout).toBe(0);
      expect(await stack.orchestrator.follow(runId)).toMatchObject({ output: 'after shipped' });
    },
    120 * SECONDS,
  );

  it.each(['inherit', 'worktree'])(
    'that has completed leaves no process running, and its parent’s go on (isolation: %s)',
    async (isolation) => {
      await addWorkflows(repository, {
        parent: workflow(
          'parent',
          '',
          `  - id: serve
    bash: 'sleep 300 > /dev/null 2>&1 & echo served'
  - id: sub
    workflow: child
    isolation: ${isolation}
    depends_on: [serve]
  - id: look
    bash: 'echo $sub.output > seen; while test ! -e done; do sleep 0.1; done'
    depends_on: [sub]
`,
        ),
        child: workflow(
          'child',
          '',
          `  - id: serve
    bash: 'sleep 300 > /dev/null 2>&1 & echo $! > pid'
  - id: use
    bash: 'kill -0 $(cat pid) && echo it serves'
    depends_on: [serve]
`,
        ),
      });
      git(repository, 'commit', '--quiet', '--allow-empty', '-m', 'first');
      const { runId } = await detach('parent');
      await eventually(async () => {
        expect(await readFile(join(repository, 'seen'), 'utf8')).toContain('it serves');
      }, 60 * SECONDS);
      const [child] = await childrenOf(runId);
      expect(child).toMatchObject({ status: 'completed' });
      const markers = [`SIGNALBOX_RUN_ID=${child!.runId}`, `SIGNALBOX_ATTEMPT=${child!.runId}/serve.1`];
      expect(markers.flatMap((marker) => bornWith(marker))).toEqual([]);
      expect(bornWith('SIGNALBOX_ATTEMPT=serve.1').some((pid) => living(runId).includes(pid))).toBe(true);
      await writeFile(join(repository, 'done'), '');
      expect(await stack.orchestrator.follow(runId)).toMatchObject({ status: 'completed' });
      expect(living(runId)).toEqual([]);
    },
    120 * SECONDS,
  );

  it(
    'is cancelled with its parent, and nothing of either lives on',
    async () => {
      const { runId, childId } = await atWork();
      expect(living(runId).length).toBeGreaterThan(0);
      expect((await signalbox('cancel', runId, '--json')).exitCode).toBe(0);
      expect((await stack.orchestrator.follow(runId)).status).toBe('cancelled');
      expect(living(runId)).toEqual([]);
      expect(initOf(runId)).toBeNull();
      const [child] = await childrenOf(runId);
      expect(child).toMatchObject({ runId: childId, status: 'cancelled' });
    },
    120 * SECONDS,
  );

  it(
    'ends in its one way when its parent is terminated, and the path is free for the next run',
    async () => {
      const { runId, temporalWorkflowId } = await atWork();
      await stack.client.workflow.getHandle(temporalWorkflowId).terminate('an operator');
      await eventually(async () => {
        expect((await childrenOf(runId))[0]).toMatchObject({ status: 'cancelled' });
        expect(await stack.orchestrator.find(runId)).toMatchObject({ status: 'cancelled' });
        expect(living(runId)).toEqual([]);
      }, 60 * SECONDS);
      await addWorkflows(repository, { next: workflow('next', '', `  - id: one\n    bash: echo free\n`) });
      expect(json(await signalbox('run', 'next', '--json'))).toMatchObject({ ok: true, output: 'free' });
    },
    120 * SECONDS,
  );

  it(
    'that is cancelled by a person ends its own processes, and the parent’s go on',
    async () => {
      await addWorkflows(repository, {
        parent: workflow(
          'parent',
          '',
          `  - id: beside
    bash: 'while test ! -e done; do sleep 0.1; done; echo beside'
  - id: sub
    workflow: child
`,
        ),
        child: workflow('child', '', `  - id: work\n    bash: 'sleep 300 & touch begun; sleep 300'\n`),
      });
      const { runId } = await detach('parent');
      await eventually(() => readFile(join(repository, 'begun')), 30 * SECONDS);
      const [child] = await childrenOf(runId);
      expect((await signalbox('cancel', child!.runId, '--json')).exitCode).toBe(0);
      await eventually(() => {
        const left = living(runId).filter((pid) => bornWith(`SIGNALBOX_ATTEMPT=beside.1`).includes(pid));
        expect(left.length).toBeGreaterThan(0);
        expect(living(runId)).toEqual(left);
      }, 30 * SECONDS);
      await writeFile(join(repository, 'done'), '');
      const end = await stack.orchestrator.follow(runId);
      expect(end.status).toBe('failed');
      expect(end.error?.message).toContain('was cancelled');
    },
    120 * SECONDS,
  );
});

describe('a fan-out', () => {
  it(
    'of 20 items runs five at once in one checkout, and a resume does only what is left',
    async () => {
      await addWorkflows(repository, {
        fan: workflow(
          'fan',
          '',
          `  - id: list
    bash: 'echo "[$(seq -s, 0 19)]"'
  - id: each
    workflow: item
    depends_on: [list]
    fan_out:
      items: $list.output
      as: number
      max_parallel: 5
      join: all_success
`,
        ),
        item: workflow(
          'item',
          'mutates_checkout: false\ninputs:\n  number:\n    required: true\n',
          `  - id: one
    bash: |
      echo $INPUTS_NUMBER >> ran
      mkdir "at-work-$INPUTS_NUMBER"
      ls -d at-work-* | wc -l >> most
      sleep 0.2
      rmdir "at-work-$INPUTS_NUMBER"
      if test "$INPUTS_NUMBER" = 12 -a ! -e mended; then exit 3; fi
      echo "item $INPUTS_NUMBER"
`,
        ),
      });
      const failed = await signalbox('run', 'fan', '--json');
      expect(failed.exitCode).toBe(1);
      const { runId } = json(failed) as { runId: RunId };
      const before = await childrenOf(runId);
      expect(before.find(({ metadata }) => metadata['child_index'] === 12)).toMatchObject({
        status: 'failed',
      });
      await writeFile(join(repository, 'mended'), '');
      const resumed = await signalbox('resume', runId, '--json');
      expect(resumed.exitCode, resumed.stdout).toBe(0);
      const items = JSON.parse(String(json(resumed)['output'])) as string[];
      expect(items).toEqual(Array.from({ length: 20 }, (_, index) => `item ${index}`));
      const ran = (await readFile(join(repository, 'ran'), 'utf8')).trim().split('\n').map(Number);
      const completedBefore = before.filter(({ status }) => status === 'completed');
      for (const { metadata } of completedBefore) {
        const index = metadata['child_index'];
        expect(ran.filter((number) => number === index)).toHaveLength(1);
      }
      const most = (await readFile(join(repository, 'most'), 'utf8')).trim().split('\n').map(Number);
      expect(Math.max(...most)).toBeLessThanOrEqual(5);
      expect((await childrenOf(runId)).filter(({ status }) => status === 'completed')).toHaveLength(20);
    },
    240 * SECONDS,
  );
});

describe('a run that declares not to change its checkout', () => {
  it(
    'works beside the run that holds the path, and beside others of its kind',
    async () => {
      const waits = (name: string): string =>
        `  - id: one\n    bash: 'touch ${name}; while test ! -e done; do sleep 0.1; done; echo ${name}'\n`;
      await addWorkflows(repository, {
        holder: workflow('holder', '', waits('held')),
        viewer: workflow('viewer', 'mutates_checkout: false\n', waits('viewed')),
      });
      const holder = await detach('holder');
      const viewers = [await detach('viewer'), await detach('viewer')];
      expect(viewers.map(({ temporalWorkflowId }) => temporalWorkflowId.slice(0, 5))).toEqual([
        'view.',
        'view.',
      ]);
      await eventually(() => {
        for (const { runId } of [holder, ...viewers]) expect(living(runId).length).toBeGreaterThan(0);
      }, 30 * SECONDS);
      expect((await signalbox('run', 'holder', '--json')).exitCode).toBe(75);
      await writeFile(join(repository, 'done'), '');
      for (const { runId } of [holder, ...viewers]) {
        expect((await stack.orchestrator.follow(runId)).status).toBe('completed');
        expect(living(runId)).toEqual([]);
      }
    },
    120 * SECONDS,
  );
});
