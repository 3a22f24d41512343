import { randomUUID } from 'node:crypto';
import type { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StartRequest } from '../../src/contract/start-request.js';
import { hostTaskQueue } from '../../src/contract/task-queues.js';
import { runWorkflowId } from '../../src/contract/workflow-id.js';
import { fromFailure } from '../../src/contract/failure.js';
import type { HostId, WorkingPath } from '../../src/core/ids.js';
import { aBashNode, aDefinition, aGate, aLoopGroup, anAgentLoop, anAgentNode } from '../support/builders.js';
import { endOf, eventsOf, recordOf } from '../support/run-probes.js';
import { raiseRunStage, STAGE_HOST, STAGE_UID, startRequest, type RunStage } from '../support/run-stage.js';
import { besideStrangers } from '../support/stranger-worker.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());

const definition = aDefinition([aBashNode('only')]);

/** Starts as an operator could, and tells how it ended and what was done meanwhile. */
async function startByHand(request: StartRequest, over: { workflowId?: string; args?: unknown[] } = {}) {
  const before = stage.journal.length;
  const handle = await startRequest(stage.environment, request, over);
  const end = await endOf(stage, { request, handle });
  return { ...end, done: stage.journal.slice(before) };
}

const NOTHING = { temporal: 'FAILED', row: null, done: [] };

describe('a start request that was copied', () => {
  it('under the same ID does nothing once its run is over', async () => {
    const run = await stage.start(definition);
    await endOf(stage, run);
    const before = { record: await recordOf(stage, run.request.runId), events: await eventsOf(stage, run) };
    const { code, done } = await startByHand(run.request);
    expect(code).toBe('RUN_ID_REUSED');
    expect(done).toEqual([`prepare directories ${run.request.runId}`]);
    expect({
      record: await recordOf(stage, run.request.runId),
      events: await eventsOf(stage, run),
    }).toEqual(before);
  });

  it('under another ID does nothing', async () => {
    const request = stage.request(definition);
    const end = await startByHand(request, { workflowId: `copied-${randomUUID()}` });
    expect(end).toMatchObject({ ...NOTHING, code: 'WRONG_WORKFLOW_ID' });
    expect(end.message).toContain(runWorkflowId(request.hostId, request.workingPath));
  });

  it('to another path does nothing under the first one', async () => {
    const request = stage.request(definition);
    const workflowId = runWorkflowId(request.hostId, request.workingPath);
    const moved = { ...request, workingPath: '/repos/other' as WorkingPath };
    expect(await startByHand(moved, { workflowId })).toMatchObject({ ...NOTHING, code: 'WRONG_WORKFLOW_ID' });
  });
});

describe('a workflow that needs an agent', () => {
  const onReject = { prompt: { kind: 'inline', text: 'Mend it' }, maxAttempts: 3 } as const;

  it.each([
    ['for a node', anAgentNode('fix'), "'fix'"],
    ['for a loop', anAgentLoop('fix'), "'fix'"],
    ['for what a reviewer rejects', aGate('ok', { onReject }), "'ok'"],
    ['in the body of a group', aLoopGroup('rounds', [anAgentNode('fix')]), "'rounds.fix'"],
  ])('%s begins nothing, though somebody starts it by hand', async (_what, node, name) => {
    const end = await startByHand(stage.request(aDefinition([aBashNode('first'), node])));
    expect(end).toMatchObject({ ...NOTHING, code: 'AGENT_UNSUPPORTED' });
    expect(end.message).toContain(name);
  });

  it('does not go on by hand with the state of a run that had one', async () => {
    const request = stage.request(aDefinition([anAgentNode('fix')]));
    const opened = { epoch: '1', fenceToken: randomUUID(), refusal: null };
    const carried = { snapshot: { version: 1, nodes: [] }, fenceToken: randomUUID(), opened };
    const end = await startByHand(request, { args: [request, carried] });
    expect(end).toMatchObject({ ...NOTHING, code: 'START_REQUEST_INVALID' });
  });
});

describe('a start does nothing', () => {
  const malformed: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['a text', 'run this'],
    ['a list', []],
    ['an empty object', {}],
    ['a definition without nodes', { definition: { ...definition, nodes: [] } }],
    ['a node of an unknown kind', { definition: { ...definition, nodes: [{ id: 'a', kind: 'loop' }] } }],
    ['a run id that is no UUID', { runId: '../../etc/passwd' }],
    ['inputs that are no texts', { inputs: { a: 1 } }],
  ];

  it.each(malformed)('with %s for a start request', async (_what, part) => {
    const request = stage.request(definition);
    const isPart = typeof part === 'object' && !Array.isArray(part) && Object.keys(part ?? {}).length > 0;
    const value = isPart ? { ...request, ...part } : part;
    expect(await startByHand(request, { args: [value] })).toMatchObject({
      ...NOTHING,
      code: 'START_REQUEST_INVALID',
    });
  });

  it.each(['relative/path', '/a/../b', '/a/', '/a//b'])('with the path %s', async (path) => {
    const request = stage.request(definition, { workingPath: path as WorkingPath });
    const workflowId = `run.${randomUUID()}`;
    expect(await startByHand(request, { workflowId })).toMatchObject({
      ...NOTHING,
      code: 'PATH_NOT_ABSOLUTE',
    });
  });

  it('with a newer contract, and says what to type', async () => {
    const end = await startByHand(stage.request(definition, { contractVersion: 2 }));
    expect(end).toMatchObject({ ...NOTHING, code: 'CONTRACT_TOO_NEW' });
    expect(end.message).toContain('signalbox up');
  });

  it('with the state of another run, which only a continuing run brings along', async () => {
    const request = stage.request(definition);
    const carried = { snapshot: { version: 1, nodes: [] }, fenceToken: randomUUID() };
    const end = await startByHand(request, { args: [request, carried] });
    expect(end).toMatchObject({ ...NOTHING, code: 'START_REQUEST_INVALID' });
  });

  it.each([
    ['another host', { hostId: 'elsewhere' as HostId }],
    ['another user', { uid: STAGE_UID + 1 }],
  ])('for %s', async (_what, over) => {
    expect(await startByHand(stage.request(definition, over))).toMatchObject({
      ...NOTHING,
      code: 'WRONG_HOST',
    });
  });

  it('for a path that is another one by now', async () => {
    const request = stage.request(definition);
    stage.realPaths.set(request.workingPath, '/repos/moved');
    const end = await startByHand(request);
    expect(end).toMatchObject({ ...NOTHING, code: 'WRONG_WORKING_PATH' });
    expect(end.message).toContain('--cwd /repos/moved');
  });

  it('beside Archon, but leaves a row that says so', async () => {
    const request = stage.request(definition);
    stage.table.addArchonRun({
      ...(await archonRecord()),
      workingPath: request.workingPath,
    });
    const end = await startByHand(request);
    expect(end).toMatchObject({ temporal: 'FAILED', code: 'PATH_HELD_BY_ARCHON', row: 'failed' });
    expect(end.done.map((line) => line.split(' ').slice(0, -1).join(' '))).toEqual([
      'prepare directories',
      'write row running',
      'close box',
      'remove environment',
      'write row failed',
    ]);
  });

  it('of the mirror workflow, whose writes anybody could make up', async () => {
    const before = stage.journal.length;
    const made = { runId: randomUUID(), writes: [] };
    const workflowId = `mirror.${made.runId}`;
    const taskQueue = hostTaskQueue(STAGE_HOST, STAGE_UID);
    const handle = await stage.environment.client.workflow.start('mirror', {
      workflowId,
      taskQueue,
      args: [made],
    });
    const failure = await handle
      .result()
      .catch((error: unknown) => fromFailure((error as WorkflowFailedError).cause));
    expect(failure).toMatchObject({ code: 'START_REQUEST_INVALID' });
    expect(stage.journal.slice(before)).toEqual([]);
  });
});

async function archonRecord() {
  const run = await stage.start(definition);
  await endOf(stage, run);
  const ours = (await recordOf(stage, run.request.runId))!;
  return { ...ours, runId: randomUUID() as typeof ours.runId, status: 'running', temporalWorkflowId: null };
}

describe('an activity of ours', () => {
  it('refuses a workflow that is not ours', async () => {
    const before = stage.journal.length;
    const args = [hostTaskQueue(STAGE_HOST, STAGE_UID)];
    const refusal = await besideStrangers(stage.environment, (taskQueue) =>
      stage.environment.client.workflow
        .execute('stranger', { workflowId: taskQueue, taskQueue, args })
        .catch((error: unknown) => fromFailure((error as WorkflowFailedError).cause)),
    );
    expect(refusal).toMatchObject({ code: 'ACTIVITY_OUTSIDE_RUN' });
    expect((refusal as Error).message).toContain('stranger');
    expect(stage.journal.slice(before)).toEqual([]);
  });
});
