import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { RunDescription } from '../../src/contract/messages.js';
import { MESSAGES } from '../../src/contract/messages.js';
import type { StartRequest } from '../../src/contract/start-request.js';
import type { WorkflowDefinition } from '../../src/core/definition/definition.js';
import type { WorkingPath } from '../../src/core/ids.js';
import type { WorktreeOrder } from '../../src/core/isolation/worktree-order.js';
import { aBashNode, aCancelNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch, fails, runsUntilStopped, says, type NodeScript } from '../support/node-scripts.js';
import { decide, endOf, eventsOf, recordOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, startRequest, type RunStage, type StagedRun } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());
beforeEach(() => stage.nodes.clear());

const definition = aDefinition([
  aBashNode('build'),
  aBashNode('test', { needs: ['build'], script: 'test $build.output' }),
  aBashNode('ship', { needs: ['test'] }),
]);

/** The request with which a client resumes a run: as the first one, of the end that the table shows. */
async function resumption(request: StartRequest, over: Partial<StartRequest> = {}): Promise<StartRequest> {
  const generation = await stage.table.newestGeneration(request.runId);
  const record = await recordOf(stage, request.runId);
  const error = record?.metadata['error'];
  const resume = { epoch: generation!.epoch, error: typeof error === 'string' ? error : null };
  return { ...request, startToken: randomUUID(), resume, ...over };
}

async function resume({ request }: StagedRun, over: Partial<StartRequest> = {}): Promise<StagedRun> {
  const next = await resumption(request, over);
  return { request: next, handle: await startRequest(stage.environment, next) };
}

const startsOf = ({ request }: StagedRun): readonly string[] =>
  stage.tasks.filter(({ runId }) => runId === request.runId).map(({ attemptId }) => attemptId);

/** A node that goes one way after the other, whichever attempts they are; the last way stays. */
function callByCall(...ways: readonly [NodeScript, ...NodeScript[]]): NodeScript {
  let calls = 0;
  return (task, signal) => ways[Math.min((calls += 1), ways.length) - 1]!(task, signal);
}

async function failedAt(nodeId: string, of: WorkflowDefinition = definition): Promise<StagedRun> {
  stage.nodes.set(nodeId, callByCall(fails('broken'), says('mended')));
  const run = await stage.start(of);
  expect(await endOf(stage, run)).toMatchObject({ temporal: 'FAILED', row: 'failed' });
  return run;
}

describe('a failed run that is resumed', () => {
  it('does what had failed and what comes after it, with the outputs of what had finished', async () => {
    stage.nodes.set('build', says('v1'));
    const run = await failedAt('test');
    const again = await resume(run);
    expect(await endOf(stage, again)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect(startsOf(run)).toEqual(['build.1', 'test.1', 'test.1', 'ship.1']);
    const task = stage.tasks.findLast(
      ({ runId, nodeId }) => runId === run.request.runId && nodeId === 'test',
    );
    expect(task?.scope.nodes).toEqual({
      build: { state: 'completed', output: { text: { kind: 'inline', text: 'v1' }, fields: null } },
    });
  });

  it('begins anew in its row, and tells its events on as Archon does', async () => {
    const run = await failedAt('test');
    const before = (await recordOf(stage, run.request.runId))!;
    const told = (await eventsOf(stage, run)).length;
    stage.nodes.set('test', aLatch().script);
    const again = await resume(run);
    await eventually(() => expect(startsOf(run)).toHaveLength(3));
    const row = await recordOf(stage, run.request.runId);
    expect(row).toMatchObject({ status: 'running', completedAt: null, metadata: { error: null } });
    expect(Date.parse(row!.startedAt)).toBeGreaterThanOrEqual(Date.parse(before.completedAt!));
    await eventually(async () =>
      expect((await eventsOf(stage, run)).slice(told)).toEqual([
        'workflow_resumed',
        'workflow_started',
        'node_skipped_prior_success build',
        'node_started test',
      ]),
    );
    const events = (await stage.table.events(run.request.runId)).slice(told);
    expect(events[0]?.data).toEqual({ error: before.metadata['error'] });
    expect(events[2]?.data).toMatchObject({ reason: 'prior_success', node_output: 'build' });
    await again.handle.cancel();
    await endOf(stage, again);
  });

  it('asks no gate again that had been decided', async () => {
    const gated = aDefinition([
      aGate('review', { captureResponse: true }),
      aBashNode('ship', { needs: ['review'], script: 'ship $review.output' }),
    ]);
    stage.nodes.set('ship', callByCall(fails('no'), says('shipped')));
    const run = await stage.start(gated);
    await untilWaiting(run, 'review');
    await decide(run, { decision: 'approve', text: 'go', by: 'ann' });
    expect(await endOf(stage, run)).toMatchObject({ row: 'failed' });
    expect(await endOf(stage, await resume(run))).toMatchObject({ row: 'completed' });
    expect(stage.tasks.at(-1)?.scope.nodes['review' as never]).toMatchObject({
      output: { text: { text: 'go' } },
    });
  });

  it('can be resumed again: results of every generation count', async () => {
    stage.nodes.set('test', callByCall(fails('one'), says('tested')));
    stage.nodes.set('ship', callByCall(fails('two'), says('shipped')));
    const run = await stage.start(definition);
    expect(await endOf(stage, run)).toMatchObject({ row: 'failed' });
    const second = await resume(run);
    expect(await endOf(stage, second)).toMatchObject({ row: 'failed' });
    const third = await resume(second);
    expect(await endOf(stage, third)).toMatchObject({ row: 'completed' });
    expect(startsOf(run)).toEqual(['build.1', 'test.1', 'test.1', 'ship.1', 'ship.1']);
  });

  it('adopts the environment that its own resumer has left', async () => {
    const run = await failedAt('test');
    const again = await resume(run, { hasClientEnvironment: true });
    await endOf(stage, again);
    expect(stage.journalOf(run.request.runId)).toContain(`adopt environment of ${again.request.startToken}`);
  });

  it('has its worktree made anew only while no node has completed in it', async () => {
    const worktree: WorktreeOrder = {
      ...{ repository: '/repo', identifier: 'x', branch: 'archon/task-x', from: null },
      ...{ baseBranch: null, remote: null, copyFiles: [], initSubmodules: true },
    };
    const workingPath = '/trees/archon/task-x' as WorkingPath;
    stage.nodes.set('build', callByCall(fails('broken'), says('built')));
    stage.nodes.set('test', callByCall(fails('broken'), says('tested')));
    const run = await stage.start(definition, { worktree, workingPath });
    expect(await endOf(stage, run)).toMatchObject({ row: 'failed' });
    expect(await endOf(stage, await resume(run))).toMatchObject({ row: 'failed' });
    expect(await endOf(stage, await resume(run))).toMatchObject({ row: 'completed' });
    const tasks = stage.worktrees.ordered.filter(({ runId }) => runId === run.request.runId);
    expect(tasks.map(({ holdsWork }) => holdsWork === true)).toEqual([false, false, true]);
  });

  it('takes outputs along that are too large to travel together, in files', async () => {
    const nodeIds = Array.from({ length: 50 }, (_, index) => `large-${index}`);
    for (const nodeId of nodeIds) stage.nodes.set(nodeId, says(`${nodeId} ${'x'.repeat(15_000)}`));
    const script = nodeIds.map((nodeId) => `$${nodeId}.output`).join(' ');
    const wide = aDefinition([
      ...nodeIds.map((nodeId) => aBashNode(nodeId)),
      aBashNode('join', { needs: nodeIds, script }),
    ]);
    const run = await failedAt('join', wide);
    expect(await endOf(stage, await resume(run))).toMatchObject({ row: 'completed' });
    expect(startsOf(run).filter((id) => id.startsWith('large'))).toHaveLength(50);
    const outputs = Object.values(stage.tasks.at(-1)!.scope.nodes).map((node) =>
      node.state === 'completed' ? node.output.text : null,
    );
    const inFiles = outputs.flatMap((text) => (text?.kind === 'file' ? [text.path] : []));
    expect(inFiles.length).toBeGreaterThan(10);
    expect(inFiles.every((path) => existsSync(path))).toBe(true);
    expect(outputs.filter((text) => text?.kind === 'inline').length).toBeGreaterThan(20);
  });
});

describe('a run that was ended by others', () => {
  it('goes on after it was cancelled', async () => {
    const latch = aLatch();
    stage.nodes.set('test', (task, signal) => {
      void latch.script(task, signal).catch(() => undefined);
      return runsUntilStopped(task, signal);
    });
    const run = await stage.start(definition);
    await latch.reached;
    await run.handle.executeUpdate(MESSAGES.cancelUpdate, { args: [{ by: 'ann', reason: 'lunch' }] });
    expect(await endOf(stage, run)).toMatchObject({ row: 'cancelled' });
    stage.nodes.delete('test');
    const again = await resume(run);
    expect(await endOf(stage, again)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect(startsOf(run)).toEqual(['build.1', 'test.1', 'test.1', 'ship.1']);
    expect((await eventsOf(stage, run)).filter((event) => event === 'workflow_resumed')).toEqual([]);
  });

  it('goes on after it was terminated', async () => {
    const latch = aLatch();
    stage.nodes.set('test', latch.script);
    const run = await stage.start(definition);
    await latch.reached;
    await eventually(() => expect(stage.table.resultsOf(run.request.runId)).toHaveLength(1));
    await run.handle.terminate('an operator wanted to');
    stage.nodes.delete('test');
    const again = await resume(run);
    expect(await endOf(stage, again)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect(startsOf(run)).toEqual(['build.1', 'test.1', 'test.1', 'ship.1']);
    expect(stage.owners.at(-1)?.fenceToken).not.toBe(stage.owners[0]?.fenceToken);
  });

  it('meets a cancel node again', async () => {
    const stopping = aDefinition([
      aBashNode('check'),
      aCancelNode('stop', { needs: ['check'], reason: 'enough' }),
    ]);
    const run = await stage.start(stopping);
    expect(await endOf(stage, run)).toMatchObject({ row: 'cancelled' });
    expect(await endOf(stage, await resume(run))).toMatchObject({ row: 'cancelled' });
    expect(startsOf(run)).toEqual(['check.1']);
  });
});

describe('a resume that comes late', () => {
  it('of an end that was resumed already fails, and touches neither row nor box', async () => {
    const run = await failedAt('test');
    const copied = await resumption(run.request);
    await endOf(stage, await resume(run));
    const [before, journal] = [await recordOf(stage, run.request.runId), stage.journalOf(run.request.runId)];
    const late: StagedRun = { request: copied, handle: await startRequest(stage.environment, copied) };
    expect(await endOf(stage, late)).toMatchObject({ temporal: 'FAILED', code: 'RUN_NOT_RESUMABLE' });
    expect(await recordOf(stage, run.request.runId)).toEqual(before);
    const since = stage.journalOf(run.request.runId).slice(journal.length);
    expect(since.filter((line) => line !== 'prepare directories')).toEqual([]);
  });

  it('with the request of the first start is refused as before', async () => {
    const run = await failedAt('test');
    const copy = { request: run.request, handle: await startRequest(stage.environment, run.request) };
    expect(await endOf(stage, copy)).toMatchObject({ temporal: 'FAILED', code: 'RUN_ID_REUSED' });
  });
});

describe('a resumed run, asked what it does', () => {
  it('shows what is kept and waits for its turn', async () => {
    const layered = aDefinition([
      aBashNode('broken'),
      aBashNode('cleanup', { needs: ['broken'], triggerRule: 'all_done' }),
    ]);
    stage.nodes.set('broken', fails('no'));
    const run = await stage.start(layered);
    expect(await endOf(stage, run)).toMatchObject({ row: 'failed' });
    const latch = aLatch();
    stage.nodes.set('broken', latch.script);
    const again = await resume(run);
    await latch.reached;
    const { nodes } = await again.handle.query<RunDescription>(MESSAGES.describeQuery);
    expect(nodes.map(({ status }) => status)).toEqual(['running', 'kept']);
    await again.handle.cancel();
    await endOf(stage, again);
  });
});
