import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makePool, makeRunTable } from '../../src/adapters/postgres/index.js';
import { createOrchestrator } from '../../src/index.js';
import type { RunId, WorkingPath } from '../../src/core/ids.js';
import type { PathFacts } from '../../src/core/locks/path-facts.js';
import type { PathVerdict } from '../../src/core/locks/judge-path.js';
import {
  chainOf,
  jsonOf,
  makeCliHome,
  makeRepository,
  type CliHome,
  type CliProcess,
  type CliResult,
} from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { bornWith } from '../support/living-processes.js';
import { aFirstWrite, anIdentity, yes } from '../support/mirror-writes.js';
import { tempDatabases, type TempDatabases } from '../support/temp-postgres.js';
import { devServer } from '../support/temporal-servers.js';

const SECONDS = 1000;
const FAR = '/srv/far';
const GATED = JSON.stringify({
  name: 'gated',
  description: 'gated',
  nodes: [
    { id: 'serve', bash: 'sleep 600 > /dev/null 2>&1 & echo up > up' },
    { id: 'review', approval: { message: 'good?' }, depends_on: ['serve'] },
  ],
});
/** Deaf to SIGTERM, with a child in a session of its own. */
const HELD = "trap '' TERM; setsid sleep 600 & echo up > up; sleep 600";

let server: TestWorkflowEnvironment;
let databases: TempDatabases;
let database: Pool;
let cli: CliHome;
let worker: CliProcess;
let repository: string;

beforeAll(async () => {
  [server, databases] = await Promise.all([devServer(), tempDatabases()]);
  const url = await databases.migrated();
  database = makePool(url);
  cli = await makeCliHome({ DATABASE_URL: url, TEMPORAL_ADDRESS: server.address });
  worker = await startWorker();
}, 300 * SECONDS);

afterAll(async () => {
  await end(worker);
  await cli.remove();
  await database.end();
  await Promise.all([server.teardown(), databases.stop()]);
}, 120 * SECONDS);

beforeEach(async () => {
  if (worker.process.exitCode !== null || worker.process.signalCode !== null) worker = await startWorker();
  repository = await makeRepository({
    held: chainOf('held', HELD),
    gated: GATED,
    quick: chainOf('quick', 'echo done'),
  });
});

afterEach(async () => {
  await rm(repository, { recursive: true, force: true });
});

async function startWorker(): Promise<CliProcess> {
  await database.query('DELETE FROM signalbox.hosts');
  const started = cli.start(['worker']);
  await eventually(async () => {
    expect(started.process.exitCode, started.output().stderr).toBeNull();
    const found = await database.query('SELECT 1 FROM signalbox.hosts');
    expect(found.rows).toHaveLength(1);
  }, 60 * SECONDS);
  return started;
}

async function end(one: CliProcess): Promise<void> {
  one.process.kill('SIGCONT');
  one.process.kill('SIGTERM');
  await one.ended();
}

const appears = (file: string): Promise<void> =>
  eventually(() => {
    expect(existsSync(join(repository, file)), `${file} is there`).toBe(true);
  }, 60 * SECONDS);

interface Begun {
  readonly runId: RunId;
  readonly temporalWorkflowId: string;
  readonly living: () => readonly number[];
}

async function begin(workflow: 'held' | 'gated'): Promise<Begun> {
  const started = await cli.run(['run', workflow, '--detach', '--json'], { cwd: repository });
  expect(started.exitCode, started.stderr).toBe(0);
  const { runId, temporalWorkflowId } = jsonOf(started) as unknown as Begun;
  await appears('up');
  return { runId, temporalWorkflowId, living: () => bornWith(`SIGNALBOX_RUN_ID=${runId}`) };
}

async function rowOf(runId: string) {
  const { rows } = await database.query<{ status: string; metadata: { signalbox: object } }>(
    'SELECT status, metadata FROM remote_agent_workflow_runs WHERE id = $1',
    [runId],
  );
  return rows[0]!;
}

const becomes = (runId: string, status: string): Promise<void> =>
  eventually(async () => {
    expect((await rowOf(runId)).status).toBe(status);
  }, 60 * SECONDS);

type Shown = PathFacts & PathVerdict;

async function show(target: string = repository): Promise<Shown> {
  const shown = await cli.run(['locks', 'show', target, '--json']);
  expect(shown.exitCode, shown.stderr).toBe(0);
  return jsonOf(shown) as unknown as Shown;
}

/** What is listed of the tests' own paths: others may be at work on this machine. */
async function listed(): Promise<readonly Shown[]> {
  const list = await cli.run(['locks', 'list', '--json']);
  expect(list.exitCode, list.stderr).toBe(0);
  const paths = jsonOf(list)['paths'] as readonly Shown[];
  return paths.filter(({ workingPath }) => workingPath === repository || workingPath === FAR);
}

const release = (...args: string[]): Promise<CliResult> =>
  cli.run(['locks', 'release', ...args, '--json'], { cwd: repository });

const codeOf = (result: CliResult): unknown => (jsonOf(result)['error'] as { code?: string }).code;

const disagreements = ({ disagreements: all }: Shown): readonly string[] => all.map(({ kind }) => kind);

/** Nothing stands on the path any more, and a new run works there. */
async function isFree(): Promise<void> {
  expect(await show()).toMatchObject({ kind: 'free', boxes: [], strays: [] });
  expect(await listed()).toEqual([]);
  const next = await cli.run(['run', 'quick'], { cwd: repository });
  expect(next.exitCode, next.stderr).toBe(0);
}

async function isReleased({ runId, temporalWorkflowId, living }: Begun, result: CliResult): Promise<void> {
  expect(result.exitCode, result.stdout).toBe(0);
  expect(living()).toEqual([]);
  const row = await rowOf(runId);
  expect(row.status).toBe('cancelled');
  expect(row.metadata.signalbox).toMatchObject({
    cancellation: { reason: expect.stringMatching(/released by .+: enough/) as string },
  });
  const execution = await server.client.workflow.getHandle(temporalWorkflowId).describe();
  expect(execution.status.name).toBe('TERMINATED');
}

const LONG = { timeout: 180 * SECONDS };

describe('a run at work', LONG, () => {
  it('is shown with all its layers, which agree', async () => {
    const run = await begin('held');
    const facts = await show();
    expect(facts).toMatchObject({ kind: 'held', runId: run.runId, workflow: 'held', disagreements: [] });
    expect(facts).toMatchObject({
      place: 'here',
      execution: { isOpen: true },
      rows: [{ status: 'running' }],
    });
    expect(facts.boxes).toHaveLength(1);
    const pids = facts.boxes[0]!.processes.map(({ pid }) => pid);
    expect(pids).toEqual(expect.arrayContaining([...run.living()]));
    const text = await cli.run(['locks', 'show', repository]);
    expect(text.stdout).toMatch(/process +\d+ \(\w+\) sleep 600/);
    const list = await cli.run(['locks', 'list']);
    expect(list.stdout).toMatch(
      new RegExp(`${repository} +${run.runId.slice(0, 8)} +open +running +locked +\\d+ +ok`),
    );
    await isReleased(run, await release(run.runId, '--force', '--reason', 'enough'));
    await isFree();
  });

  it('is not released without its whole id, without a yes, or for another run; and goes on', async () => {
    const run = await begin('held');
    const other = randomUUID();
    const refusals = [
      [await release(repository), 'USAGE', 64],
      [await release(run.runId.slice(0, 8), '--force'), 'USAGE', 64],
      [await release(run.runId), 'NOT_CONFIRMED', 64],
      [await release(repository, '--run', other, '--force'), 'NOT_THE_HOLDER', 64],
      [await release(other, '--force'), 'RUN_NOT_FOUND', 64],
    ] as const;
    for (const [result, code, exitCode] of refusals) {
      expect([codeOf(result), result.exitCode]).toEqual([code, exitCode]);
    }
    expect(run.living()).not.toEqual([]);
    expect(await show()).toMatchObject({ kind: 'held', disagreements: [] });
    await isReleased(run, await release(repository, '--run', run.runId, '--force', '--reason', 'enough'));
    const again = await release(run.runId, '--force');
    expect([codeOf(again), again.exitCode]).toEqual(['NOTHING_TO_RELEASE', 1]);
    await isFree();
  });
});

describe('a paused run', LONG, () => {
  it('is released with the server that it has left running', async () => {
    const run = await begin('gated');
    await becomes(run.runId, 'paused');
    expect(run.living()).not.toEqual([]);
    const released = await release(run.runId, '--force', '--reason', 'enough');
    await isReleased(run, released);
    expect(jsonOf(released)).toMatchObject({
      ...{ ok: true, runId: run.runId, workflow: 'gated', status: 'cancelled', isProved: true },
      ...{ isTerminated: true, closedBoxes: 1, temporalWorkflowId: run.temporalWorkflowId },
    });
    await isFree();
  });
});

describe('a run that was terminated in Temporal', LONG, () => {
  it('is shown with what its worker will do, and released while that worker hangs', async () => {
    const run = await begin('held');
    worker.process.kill('SIGSTOP');
    await server.client.workflow.getHandle(run.temporalWorkflowId).terminate('clicked');
    const facts = await show();
    expect(facts).toMatchObject({ kind: 'leftover', runId: run.runId });
    expect(facts.disagreements.map(({ text, next }) => `${text}; ${next}`)).toEqual([
      'terminated in Temporal; its box is closed within 10 s, then its row is written',
    ]);
    const released = await release(run.runId, '--force', '--reason', 'enough');
    expect(released.exitCode, released.stdout).toBe(0);
    expect(jsonOf(released)).toMatchObject({ isTerminated: false, isProved: true, status: 'cancelled' });
    expect(run.living()).toEqual([]);
    expect(JSON.stringify((await rowOf(run.runId)).metadata)).toMatch(
      /terminated in Temporal: clicked; released by .+: enough/,
    );
    worker.process.kill('SIGCONT');
    await isFree();
  });
});

describe('a run whose worker was killed', LONG, () => {
  it('is shown with its fallen box, is released without a worker, and its path serves the next run', async () => {
    const run = await begin('held');
    worker.process.kill('SIGKILL');
    await worker.ended();
    await database.query(`UPDATE signalbox.hosts SET last_seen = now() - interval '1 minute'`);
    await eventually(async () => {
      const facts = await show();
      expect(facts).toMatchObject({ kind: 'held', runId: run.runId, worker: { isHeard: false } });
      expect(disagreements(facts)).toEqual(['box_fallen', 'host_silent']);
    }, 30 * SECONDS);
    await isReleased(run, await release(run.runId, '--force', '--reason', 'enough'));
    expect(await listed()).toEqual([]);
    worker = await startWorker();
    await isFree();
  });

  it('leaves a box that is shown without a run, once Temporal and tables have forgotten it, and is closed by hand', async () => {
    const run = await begin('held');
    worker.process.kill('SIGKILL');
    await worker.ended();
    await server.client.workflowService.deleteWorkflowExecution({
      namespace: server.client.options.namespace,
      workflowExecution: { workflowId: run.temporalWorkflowId },
    });
    await database.query('DELETE FROM remote_agent_workflow_events WHERE workflow_run_id = $1', [run.runId]);
    await database.query('DELETE FROM remote_agent_workflow_runs WHERE id = $1', [run.runId]);
    await database.query('DELETE FROM signalbox.runs WHERE run_id = $1', [run.runId]);
    await eventually(async () => {
      expect(disagreements(await show(run.runId))).toEqual(['box_without_run']);
    }, 30 * SECONDS);
    const released = await release(run.runId, '--force');
    expect(jsonOf(released)).toMatchObject({ ok: true, isTerminated: false, closedBoxes: 1, isProved: true });
    expect(run.living()).toEqual([]);
    worker = await startWorker();
    await isFree();
  });
});

describe('a run of a machine that is silent', LONG, () => {
  it('is released by force alone, and its row says that nothing could be proved', async () => {
    const orchestrator = createOrchestrator({ temporal: server.client, database, home: cli.home });
    const started = await orchestrator.start({
      workflow: { file: 'quick.yaml', text: chainOf('quick', 'true') },
      ...{ workingPath: FAR, worker: { hostId: 'far-away', uid: 1000 } },
    });
    if (started.kind !== 'started') throw new Error(started.kind);
    const { runId, temporalWorkflowId } = started;
    const { runId: temporalRunId } = await server.client.workflow.getHandle(temporalWorkflowId).describe();
    const { namespaceInfo } = await server.client.workflowService.describeNamespace({
      namespace: server.client.options.namespace,
    });
    const table = makeRunTable(database, { temporalNamespaceId: namespaceInfo?.id ?? '' });
    const workingPath = started.workingPath as WorkingPath;
    const identity = anIdentity({ runId, temporalWorkflowId, workingPath, hostId: 'far-away', uid: 1000 });
    await table.open(aFirstWrite({ identity, temporalRunId, fenceToken: temporalRunId }), yes);

    expect(disagreements(await show(runId))).toEqual(['host_silent']);
    const refused = await release(runId);
    expect([codeOf(refused), refused.exitCode]).toEqual(['RUN_ELSEWHERE', 1]);
    const released = await release(runId, '--force', '--reason', 'it burned down');
    expect(jsonOf(released)).toMatchObject({
      ok: true,
      isTerminated: true,
      isProved: false,
      status: 'cancelled',
    });
    expect(JSON.stringify((await rowOf(runId)).metadata)).toMatch(
      /released by .+: it burned down \(whether its processes are gone could not be found out\)/,
    );
    expect(await listed()).toEqual([]);
  });
});
