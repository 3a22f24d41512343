import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MESSAGES } from '../../src/contract/messages.js';
import { shortRunId, type RunId } from '../../src/core/ids.js';
import type { RunRecord } from '../../src/ports/run-table.js';
import { aBashNode, aCancelNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch, fails } from '../support/node-scripts.js';
import { decide, endOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { aLibrary, aSubrunDraft, over } from '../support/subrun-shapes.js';
import { devServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer());
});
afterAll(() => stage.tearDown());
afterEach(() => stage.nodes.clear());

const child = aDefinition([aBashNode('inner')], { name: 'child', mutatesCheckout: false });
const gated = aDefinition([aGate('ok')], { name: 'child' });
const middle = aDefinition([aSubrunDraft('mid')], { name: 'middle' });
const parent = aDefinition([aSubrunDraft('sub')]);
const grandparent = aDefinition([aSubrunDraft('top', { target: 'middle' })]);

const childrenOf = (runId: RunId): Promise<readonly RunRecord[]> => stage.table.childrenOf(runId);

/** What the row and the last event of a run say of who ended it, and why. */
async function wordsOf({ runId, status, metadata }: RunRecord): Promise<object> {
  const last = (await stage.table.events(runId)).at(-1);
  return { status, cancellation: metadata['signalbox'], event: last?.eventType, data: last?.data };
}

const cancel = (run: StagedRun): Promise<unknown> =>
  run.handle.executeUpdate(MESSAGES.cancelUpdate, { args: [{ by: 'ann', reason: 'wrong branch' }] });

const withRun = (runId: string): string => `with run ${shortRunId(runId)}, whose sub-run it is`;

describe('the row of a sub-run that was ended', () => {
  it('says who cancelled its parent, and why', async () => {
    const latch = aLatch();
    stage.nodes.set('inner', latch.script);
    const run = await stage.start(parent, { library: aLibrary(child) });
    await latch.reached;
    await cancel(run);
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
    const [row] = await childrenOf(run.request.runId);
    const reason = `${withRun(run.request.runId)}: wrong branch`;
    expect(await wordsOf(row!)).toMatchObject({
      ...{ status: 'cancelled', cancellation: { cancellation: { by: 'ann', reason } } },
      ...{ event: 'workflow_cancelled', data: { reason, signalbox: { by: 'ann' } } },
    });
    const { status } = await stage.environment.client.workflow.getHandle(row!.temporalWorkflowId!).describe();
    expect(status.name).toBe('CANCELLED');
  });

  it('says so of every run above it, also when it waits for a person', async () => {
    const run = await stage.start(grandparent, { library: aLibrary(middle, gated) });
    await untilWaiting(run, 'top/mid/ok');
    await cancel(run);
    await endOf(stage, run);
    const [between] = await childrenOf(run.request.runId);
    const [row] = await childrenOf(between!.runId);
    expect(await wordsOf(row!)).toMatchObject({
      status: 'cancelled',
      data: {
        reason: `${withRun(between!.runId)}: ${withRun(run.request.runId)}: wrong branch`,
        signalbox: { by: 'ann' },
      },
    });
  });

  it('says that its parent was cancelled in Temporal', async () => {
    const latch = aLatch();
    stage.nodes.set('inner', latch.script);
    const run = await stage.start(parent, { library: aLibrary(child) });
    await latch.reached;
    await run.handle.cancel();
    await endOf(stage, run);
    const [row] = await childrenOf(run.request.runId);
    expect(await wordsOf(row!)).toMatchObject({
      data: { reason: `${withRun(run.request.runId)}: cancelled in Temporal`, signalbox: { by: null } },
    });
  });

  it('says which node of its parent has ended the run', async () => {
    const ending = aDefinition(
      [aSubrunDraft('sub'), aBashNode('first'), aCancelNode('end', { needs: ['first'], reason: 'enough' })],
      { schedule: 'dataflow' },
    );
    const latch = aLatch();
    stage.nodes.set('first', latch.script);
    const run = await stage.start(ending, { library: aLibrary(gated) });
    await untilWaiting(run, 'sub/ok');
    latch.open();
    await endOf(stage, run);
    const [row] = await childrenOf(run.request.runId);
    expect(await wordsOf(row!)).toMatchObject({ data: { reason: `${withRun(run.request.runId)}: enough` } });
  });

  it('says which other sub-run has decided the join', async () => {
    const items = over('["slow", "bad"]', { maxParallel: 2, join: 'all_success' });
    const latch = aLatch();
    stage.nodes.set('inner', (task, signal) =>
      (task.environment['ARGUMENTS'] === 'slow' ? latch.script : fails('bad luck'))(task, signal),
    );
    const run = await stage.start(aDefinition([aSubrunDraft('fan', { fanOut: items })]), {
      library: aLibrary(child),
    });
    await endOf(stage, run);
    const row = (await childrenOf(run.request.runId)).find(({ status }) => status === 'cancelled');
    expect(await wordsOf(row!)).toMatchObject({
      data: {
        reason: expect.stringMatching(/^not needed any more: .*sub-run 2 \('child'\).*bad luck$/),
      },
    });
  });

  it('says that its parent may have been terminated', async () => {
    const run = await stage.start(parent, { library: aLibrary(gated) });
    await untilWaiting(run, 'sub/ok');
    await run.handle.terminate('an operator');
    const row = await eventually(async () => {
      const [one] = await childrenOf(run.request.runId);
      expect(one?.status).toBe('cancelled');
      return one!;
    });
    const reason = `cancelled in Temporal, or ended there ${withRun(run.request.runId)}`;
    expect(await wordsOf(row)).toMatchObject({ data: { reason } });
  });
});

describe('what a parent says of a sub-run that was ended', () => {
  const fan = aDefinition([
    aSubrunDraft('fan', { fanOut: over('["a", "b"]') }),
    aBashNode('after', { needs: ['fan'] }),
  ]);
  const alone = { ...gated, mutatesCheckout: false } as const;

  it('has the words of the reviewer who rejected it, in the failure of its node', async () => {
    const run = await stage.start(parent, { library: aLibrary(gated) });
    await untilWaiting(run, 'sub/ok');
    await decide(run, { decision: 'reject', text: 'not yet', by: 'ann' });
    const { message } = await endOf(stage, run);
    expect(message).toMatch(/sub-run 'child' \(run [^)]*\) was cancelled: rejected by ann at ok: not yet$/);
  });

  it('has them for each item of a fan-out that takes every end', async () => {
    const run = await stage.start(fan, { library: aLibrary(alone) });
    await untilWaiting(run, 'fan[0]/ok', 'fan[1]/ok');
    await decide(run, { nodeId: 'fan[0]/ok', decision: 'reject', text: 'too vague', by: 'ann' });
    await decide(run, { nodeId: 'fan[1]/ok', decision: 'reject' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
    const { data } = (await stage.table.events(run.request.runId)).find(
      ({ eventType, nodeName }) => eventType === 'node_completed' && nodeName === 'fan',
    )!;
    expect(data).toMatchObject({
      structured_output: [
        { archon_failed: true, error: 'rejected by ann at ok: too vague', status: 'cancelled' },
        { archon_failed: true, error: 'rejected at ok: Rejected', status: 'cancelled' },
      ],
    });
  });

  it('has those of the person who cancelled it, and of its own cancel node', async () => {
    const ending = aDefinition([aCancelNode('end', { reason: 'nothing to do' })], { name: 'child' });
    const ended = await stage.start(parent, { library: aLibrary(ending) });
    expect((await endOf(stage, ended)).message).toMatch(/was cancelled: ended at end: nothing to do$/);
    const run = await stage.start(parent, { library: aLibrary(gated) });
    await untilWaiting(run, 'sub/ok');
    const [row] = await childrenOf(run.request.runId);
    const handle = stage.environment.client.workflow.getHandle(row!.temporalWorkflowId!);
    await handle.executeUpdate(MESSAGES.cancelUpdate, { args: [{ by: 'bob', reason: 'wrong item' }] });
    expect((await endOf(stage, run)).message).toMatch(/was cancelled: cancelled by bob: wrong item$/);
  });
});
