import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ResumeResult } from '../../src/client/orchestrator.js';
import type { RunId } from '../../src/core/ids.js';
import { addWorkflows, chainOf, makeRepository, type CliResult } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { raiseLiveStack, type LiveStack } from '../support/live-stack.js';

const SECONDS = 1000;
const CALLERS = 32;

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

const write = (file: string, text = ''): Promise<void> => writeFile(join(repository, file), text);
const read = (file: string): Promise<string> => readFile(join(repository, file), 'utf8');
const appears = (file: string): Promise<string> => eventually(() => read(file), 30 * SECONDS);
const signalbox = (...args: readonly string[]): Promise<CliResult> =>
  stack.cli.run(args, { cwd: repository });

interface Row {
  readonly status: string;
  readonly started_at: Date;
  readonly completed_at: Date | null;
  readonly metadata: Record<string, unknown>;
}

async function rowOf(runId: string): Promise<Row> {
  const columns = 'status, started_at, completed_at, metadata';
  const { rows } = await stack.database.query<Row>(
    `SELECT ${columns} FROM remote_agent_workflow_runs WHERE id = $1`,
    [runId],
  );
  return rows[0]!;
}

const becomes = (runId: string, status: string): Promise<void> =>
  eventually(async () => expect((await rowOf(runId)).status).toBe(status), 30 * SECONDS);

const isStored = (runId: string, nodeId: string): Promise<void> =>
  eventually(async () => {
    const generation = 'SELECT node_id FROM signalbox.node_results WHERE run_id = $1';
    const { rows } = await stack.database.query<{ node_id: string }>(generation, [runId]);
    expect(rows.map((row) => row.node_id)).toContain(nodeId);
  }, 30 * SECONDS);

async function detach(...scripts: readonly string[]): Promise<{ runId: RunId; temporalWorkflowId: string }> {
  await addWorkflows(repository, { task: chainOf('task', ...scripts) });
  const started = await signalbox('run', 'task', '--detach', '--json');
  expect(started.exitCode, started.stderr).toBe(0);
  return JSON.parse(started.stdout) as { runId: RunId; temporalWorkflowId: string };
}

/** A run whose second node has failed, and would not fail again. */
async function failed(...scripts: readonly string[]): Promise<{ runId: RunId; temporalWorkflowId: string }> {
  const run = await detach(...scripts);
  await becomes(run.runId, 'failed');
  await write('fixed');
  return run;
}

describe('a run that failed', () => {
  it('goes on where it failed, under its own id, once the fault is mended', async () => {
    const { runId } = await failed(
      'echo one >> ran; echo made',
      'echo two >> ran; test -e fixed && echo "$FOO"',
      'echo three $n1.output $n2.output >> ran',
    );
    const before = await rowOf(runId);
    const seen = await signalbox('get', runId);
    expect(seen.stdout).toContain(`resume     signalbox resume ${runId.slice(0, 8)}`);
    const told = (await stack.orchestrator.events(runId)).length;
    const resumed = await stack.cli.run(['resume', runId.slice(0, 8)], { cwd: '/', env: { FOO: 'fresh' } });
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(resumed.stderr).toContain('resumed, skipping 1 already completed node: n1\n');
    expect(resumed.stderr).not.toContain('[n1] started');
    expect(await read('ran')).toBe('one\ntwo\ntwo\nthree made fresh\n');
    const after = await rowOf(runId);
    expect(after).toMatchObject({ status: 'completed', metadata: { error: null } });
    expect(after.started_at.getTime()).toBeGreaterThanOrEqual(before.completed_at!.getTime());
    expect(after.completed_at!.getTime()).toBeGreaterThanOrEqual(after.started_at.getTime());
    const events = (await stack.orchestrator.events(runId)).slice(told);
    expect(events.map(({ eventType, nodeName }) => [eventType, nodeName].filter(Boolean).join(' '))).toEqual([
      'workflow_resumed',
      'workflow_started',
      'node_skipped_prior_success n1',
      'node_started n2',
      'node_completed n2',
      'node_started n3',
      'node_completed n3',
      'workflow_completed',
    ]);
    expect(events[0]?.data).toEqual({ error: before.metadata['error'] });
    const again = await signalbox('resume', runId, '--json');
    expect(again.exitCode).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({
      ok: false,
      runId,
      error: { code: 'RUN_NOT_RESUMABLE' },
    });
  });

  it('can be resumed again, and after other runs on its path', async () => {
    const { runId } = await failed('echo one >> ran', 'test -e fixed', 'echo three >> ran; test -e mended');
    await addWorkflows(repository, { other: chainOf('other', 'echo other >> ran') });
    expect((await signalbox('run', 'other')).exitCode).toBe(0);
    expect((await signalbox('resume', runId)).exitCode).toBe(1);
    await write('mended');
    expect((await signalbox('workflow', 'resume', runId)).exitCode).toBe(0);
    expect(await read('ran')).toBe('one\nother\nthree\nthree\n');
  });

  it('whose directory is gone is refused, and goes on when it is back', async () => {
    const { runId } = await failed('true', 'test -e fixed');
    await rename(repository, `${repository}.away`);
    const refused = await stack.cli.run(['resume', runId]);
    await rename(`${repository}.away`, repository);
    expect(refused.exitCode).toBe(64);
    expect(refused.stderr).toContain('(WORKING_PATH_INVALID)');
    expect((await rowOf(runId)).status).toBe('failed');
    expect((await signalbox('resume', runId)).exitCode).toBe(0);
  });
});

describe(`of ${CALLERS} resumes of one run at once`, () => {
  it(
    'one starts, with its own environment, and the others are told that the run itself holds the path',
    async () => {
      const { runId } = await failed(
        'echo one >> ran',
        'test -e fixed || exit 1; echo "$WHO" > who; while test ! -e go; do sleep 0.1; done',
      );
      for (let round = 0; round < 3; round += 1) {
        const results = await Promise.all(
          Array.from({ length: CALLERS }, (_, index) =>
            stack.orchestrator.resume({
              runId,
              environment: { PATH: process.env['PATH'] ?? '', WHO: `caller ${index} of round ${round}` },
            }),
          ),
        );
        const winner = results.findIndex(({ kind }) => kind === 'started');
        const others = results.filter((_, index) => index !== winner);
        expect(results[winner]).toMatchObject({ kind: 'started', runId, finishedNodes: ['n1'] });
        expect(
          others.map((other: ResumeResult) => (other.kind === 'busy' ? other.holder.runId : other.kind)),
        ).toEqual(Array(CALLERS - 1).fill(runId));
        await eventually(
          async () => expect(await read('who')).toBe(`caller ${winner} of round ${round}\n`),
          30 * SECONDS,
        );
        await stack.orchestrator.cancel(runId, { by: 'the test' });
        expect((await stack.orchestrator.follow(runId)).status).toBe('cancelled');
      }
      const left = await readdir(join(stack.cli.environment['SIGNALBOX_HOME'] ?? '', 'env'));
      expect(left.filter((name) => name.startsWith(runId))).toEqual([]);
      expect(await read('ran')).toBe('one\n');
    },
    180 * SECONDS,
  );
});

describe('a run that was ended by others', () => {
  it('goes on after its worker was killed', async () => {
    const { runId } = await detach(
      'echo one >> ran',
      'echo two >> ran; test -e fixed || sleep 300',
      'echo three >> ran',
    );
    await eventually(async () => expect(await read('ran')).toBe('one\ntwo\n'), 30 * SECONDS);
    const listed = JSON.parse((await signalbox('ps', '--json')).stdout) as {
      parts: { name: string; pid: number }[];
    };
    process.kill(listed.parts.find(({ name }) => name === 'worker')!.pid, 'SIGKILL');
    await becomes(runId, 'failed');
    await write('fixed');
    const resumed = await signalbox('resume', runId);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(await read('ran')).toBe('one\ntwo\ntwo\nthree\n');
  });

  it('goes on at once after it was terminated, and nothing of it from before lives by then', async () => {
    const { runId, temporalWorkflowId } = await detach(
      'echo one >> ran',
      'exec 9> lock; flock -n 9 && echo alone >> ran || echo beside >> ran; echo up > begun; test -e fixed || sleep 300',
    );
    await appears('begun');
    await isStored(runId, 'n1');
    await write('fixed');
    await stack.client.workflow.getHandle(temporalWorkflowId).terminate('an operator wanted to');
    const resumed = await signalbox('resume', runId);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(await read('ran')).toBe('one\nalone\nalone\n');
    await becomes(runId, 'completed');
  });

  it('is refused when Temporal has forgotten it', async () => {
    const { runId, temporalWorkflowId } = await detach('echo up > begun; sleep 300');
    await appears('begun');
    const { client } = stack;
    await client.workflowService.deleteWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId: temporalWorkflowId },
    });
    await becomes(runId, 'cancelled');
    const refused = await signalbox('resume', runId);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('no longer has the history');
    expect(refused.stderr).toContain('(RUN_NOT_RESUMABLE)');
  });

  it('is not resumed while it runs: it is in its own way', async () => {
    const { runId } = await detach('echo up > begun; sleep 300');
    await appears('begun');
    const refused = await signalbox('resume', runId, '--json');
    expect(refused.exitCode).toBe(75);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      runId,
      error: { code: 'LEASE_HELD' },
      holder: { runId, node: 'n1' },
    });
    await stack.orchestrator.cancel(runId, { by: 'the test' });
    expect((await stack.orchestrator.follow(runId)).status).toBe('cancelled');
  });
});
