import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeOrchestrator, type OrchestratorPorts } from '../../src/client/create-orchestrator.js';
import type { Orchestrator, ResumeOptions } from '../../src/client/orchestrator.js';
import type { StartRequest } from '../../src/contract/start-request.js';
import type { HostId, RunId, WorkingPath } from '../../src/core/ids.js';
import type { EnvironmentStore } from '../../src/ports/run-files.js';
import { aBashNode, aDefinition } from '../support/builders.js';
import { makeFakeEnvironmentStore } from '../support/fake-environment-store.js';
import { NO_REPOSITORIES } from '../support/fake-worktrees.js';
import { aLatch, fails } from '../support/node-scripts.js';
import { endOf } from '../support/run-probes.js';
import {
  raiseRunStage,
  STAGE_HOST,
  STAGE_UID,
  startRequest,
  type RunStage,
  type StagedRun,
} from '../support/run-stage.js';
import { devServer } from '../support/temporal-servers.js';

let stage: RunStage;
let directory: string;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer());
});
afterAll(() => stage.tearDown());
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'signalbox-resume-')));
});
afterEach(async () => {
  stage.nodes.clear();
  await rm(directory, { recursive: true, force: true });
});

const definition = aDefinition([aBashNode('build'), aBashNode('ship', { needs: ['build'] })]);

/** A run on a directory that is there, whose node `ship` has failed. */
async function failedRun(over: Partial<StartRequest> = {}): Promise<StagedRun> {
  stage.nodes.set('ship', fails('broken'));
  const place = {
    workingPath: directory as WorkingPath,
    graceMs: 77,
    message: 'ship it',
    baseBranch: 'next',
  };
  const run = await stage.start(definition, { ...place, ...over });
  expect(await endOf(stage, run)).toMatchObject({ row: 'failed' });
  return run;
}

interface Resumer {
  readonly orchestrator: Orchestrator;
  readonly environment: EnvironmentStore;
  /** What was offered, adopted by nobody here, and taken back. */
  readonly withdrawn: string[];
}

function resumer(over: Partial<OrchestratorPorts> = {}): Resumer {
  const environment = makeFakeEnvironmentStore();
  const withdrawn: string[] = [];
  const { client } = stage.environment;
  const orchestrator = makeOrchestrator({
    client,
    temporalAddress: 'the test server',
    repositories: NO_REPOSITORIES,
    reader: stage.table,
    texts: { put: () => Promise.resolve(), get: () => Promise.reject(new Error('no text is needed')) },
    environment: {
      ...environment,
      withdraw: (resume) => {
        withdrawn.push(resume.startToken);
        return environment.withdraw(resume);
      },
    },
    hostId: () => Promise.resolve(STAGE_HOST),
    uid: STAGE_UID,
    archonHome: '/nonexistent',
    bundled: '/nonexistent',
    ...over,
  });
  return { orchestrator, environment, withdrawn };
}

/** The request that the newest execution of a run was started with. */
const newestRequest = async ({ handle }: StagedRun): Promise<StartRequest> => {
  const { client } = stage.environment;
  const { runId } = await client.workflow.getHandle(handle.workflowId).describe();
  const { events } = await client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
  const [payload] = events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads!;
  return JSON.parse(Buffer.from(payload!.data!).toString()) as StartRequest;
};

/** Resumes a run whose node then waits, so that it holds its path. */
async function resumeAndHold(run: StagedRun, by: Resumer, options: Partial<ResumeOptions> = {}) {
  const latch = aLatch();
  stage.nodes.set('ship', latch.script);
  const { runId } = run.request;
  const result = await by.orchestrator.resume({ runId, ...options });
  await latch.reached;
  const end = async (): Promise<void> => {
    latch.open();
    expect((await by.orchestrator.follow(runId)).status).toBe('completed');
  };
  return { result, end };
}

describe('a resume', () => {
  it('starts the run with what it was started with, and what only its resumer knows', async () => {
    const run = await failedRun();
    const startToken = randomUUID();
    const options = { startToken, startedBy: 'ann@home', environment: { A: 'a' } };
    const { result, end } = await resumeAndHold(run, resumer(), options);
    const { workflowId: temporalWorkflowId } = run.handle;
    const { runId } = run.request;
    expect(result).toEqual({
      ...{ kind: 'started', runId, workflow: definition.name, workingPath: directory, temporalWorkflowId },
      ...{ warnings: [], finishedNodes: ['build'] },
    });
    const request = await newestRequest(run);
    expect(request).toMatchObject({
      ...{ runId, startToken, startedBy: 'ann@home', hasClientEnvironment: true },
      ...{ message: 'ship it', baseBranch: 'next', graceMs: 77, definition },
      resume: { epoch: expect.stringMatching(/^\d+$/), error: expect.stringContaining('broken') },
    });
    await end();
  });

  it('finds them again after other runs on the path, and after it was resumed before', async () => {
    const run = await failedRun();
    stage.nodes.set('ship', fails('broken again'));
    const by = resumer();
    const { runId } = run.request;
    await by.orchestrator.resume({ runId });
    expect((await by.orchestrator.follow(runId)).status).toBe('failed');
    const other = await stage.start(aDefinition([aBashNode('other')]), {
      workingPath: directory as WorkingPath,
    });
    await endOf(stage, other);
    const { end } = await resumeAndHold(run, by);
    const [first, last] = [run.request, await newestRequest(run)];
    expect(last).toMatchObject({ runId: first.runId, definition: first.definition, message: 'ship it' });
    await end();
  });

  it('that is asked for again, since its answer was lost, recognises itself', async () => {
    const run = await failedRun();
    const startToken = randomUUID();
    const by = resumer();
    const { end } = await resumeAndHold(run, by, { startToken });
    const again = await by.orchestrator.resume({ runId: run.request.runId, startToken });
    expect(again).toMatchObject({ kind: 'started', runId: run.request.runId });
    await end();
  });

  it('of a run that goes on is busy, names it, and takes its environment back', async () => {
    const run = await failedRun();
    const { end } = await resumeAndHold(run, resumer());
    const late = resumer();
    const startToken = randomUUID();
    const { runId } = run.request;
    const environment = { OF: 'the late one' };
    const result = await late.orchestrator.resume({ runId, startToken, environment });
    expect(result).toMatchObject({ kind: 'busy', code: 'LEASE_HELD', holder: { runId } });
    expect(late.withdrawn).toEqual([startToken]);
    expect(await late.environment.load(runId)).toBeNull();
    await end();
  });

  it('of a run whose path another holds is busy, and names that', async () => {
    const run = await failedRun();
    const latch = aLatch();
    stage.nodes.set('other', latch.script);
    const other = await stage.start(aDefinition([aBashNode('other')]), {
      workingPath: directory as WorkingPath,
    });
    await latch.reached;
    const result = await resumer().orchestrator.resume({ runId: run.request.runId });
    expect(result).toMatchObject({ kind: 'busy', holder: { runId: other.request.runId } });
    latch.open();
    await endOf(stage, other);
  });

  it('of a run that has completed is refused, also while its row does not tell so yet', async () => {
    const run = await failedRun();
    const by = resumer();
    const { end } = await resumeAndHold(run, by);
    await end();
    const { runId } = run.request;
    const refused = { code: 'RUN_NOT_RESUMABLE', message: expect.stringContaining('has completed') };
    await expect(by.orchestrator.resume({ runId })).rejects.toMatchObject(refused);
    const [record] = await stage.table.findByPrefix(runId, 1);
    const reader = Object.assign(Object.create(stage.table) as typeof stage.table, {
      findByPrefix: () => Promise.resolve([{ ...record!, status: 'running' }]),
    });
    await expect(resumer({ reader }).orchestrator.resume({ runId })).rejects.toMatchObject(refused);
  });

  it('of a run whose directory is gone is refused, and starts nothing', async () => {
    const run = await failedRun();
    await rm(directory, { recursive: true });
    const { runId } = run.request;
    await expect(resumer().orchestrator.resume({ runId })).rejects.toMatchObject({
      code: 'WORKING_PATH_INVALID',
    });
    expect((await newestRequest(run)).resume).toBeNull();
  });

  it('of a run whose worktree was never made starts it, as long as no node has completed in it', async () => {
    const worktree = {
      ...{ repository: directory, identifier: 'x', branch: 'archon/task-x', from: null },
      ...{ baseBranch: null, remote: null, copyFiles: [], initSubmodules: true },
    };
    const run = await failedRun({ worktree, workingPath: join(directory, 'trees', 'x') as WorkingPath });
    const { runId } = run.request;
    await expect(resumer().orchestrator.resume({ runId })).rejects.toMatchObject({
      code: 'WORKING_PATH_INVALID',
      message: expect.stringContaining(`git -C '${directory}' worktree add`) as unknown,
    });
    const generation = { ...(await stage.table.newestGeneration(runId))!, finishedNodes: [] };
    const reader = Object.assign(Object.create(stage.table) as typeof stage.table, {
      newestGeneration: () => Promise.resolve(generation),
    });
    const { end } = await resumeAndHold(run, resumer({ reader }));
    await end();
  });

  it('tells which nodes are kept, without those that always run', async () => {
    const always = aDefinition([
      aBashNode('stamp', { alwaysRun: true }),
      aBashNode('build'),
      aBashNode('ship', { needs: ['build'] }),
    ]);
    const run = await failedRun({ definition: always });
    const { result, end } = await resumeAndHold(run, resumer());
    expect(result).toMatchObject({ kind: 'started', finishedNodes: ['build'] });
    await end();
  });

  it('from another machine leaves path and environment to the worker', async () => {
    const run = await failedRun();
    await rm(directory, { recursive: true });
    const by = resumer({ hostId: () => Promise.resolve('another' as HostId) });
    const { end } = await resumeAndHold(run, by, { environment: { A: 'a' } });
    expect(await newestRequest(run)).toMatchObject({ hostId: STAGE_HOST, hasClientEnvironment: false });
    await end();
  });

  it('of an unknown run is refused; a copied start that came to nothing is not in the way', async () => {
    const { orchestrator } = resumer();
    const unknown = orchestrator.resume({ runId: randomUUID() as RunId });
    await expect(unknown).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    const run = await failedRun();
    const copied = await startRequest(stage.environment, run.request);
    await copied.result().catch(() => undefined);
    const { end } = await resumeAndHold(run, resumer());
    await end();
  });

  it.each([
    [{}, 'runId is missing'],
    [{ runId: '7c1f' }, 'runId is no UUID in lower case'],
    [{ runId: randomUUID(), onBusy: 'wait' }, 'onBusy is not fail'],
    [{ runId: randomUUID(), enviroment: {} }, 'enviroment is no option (did you mean environment?)'],
  ])('is refused when it is asked for as %j', async (options, fault) => {
    await expect(resumer().orchestrator.resume(options as ResumeOptions)).rejects.toMatchObject({
      code: 'USAGE',
      message: `the resume cannot be asked for: ${fault}`,
    });
  });
});
