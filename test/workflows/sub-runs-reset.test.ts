import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch, says } from '../support/node-scripts.js';
import { beforeAnything, behindChildStart, resetRun } from '../support/reset-run.js';
import { decide, endOf, eventsOf, untilWaiting, type SeenEnd } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { aLibrary, aSubrunDraft, over } from '../support/subrun-shapes.js';
import { devServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer());
});
afterAll(() => stage.tearDown());
afterEach(() => stage.nodes.clear());

const gated = aDefinition([aBashNode('inner'), aGate('ok', { needs: ['inner'] })], {
  ...{ name: 'child', mutatesCheckout: false },
});
const parent = aDefinition([
  aBashNode('before'),
  aSubrunDraft('sub', { needs: ['before'] }),
  aBashNode('after', { needs: ['sub'] }),
]);
const library = aLibrary(gated);

const childrenOf = ({ request }: StagedRun) => stage.table.childrenOf(request.runId);

async function resume(run: StagedRun, error: string): Promise<StagedRun> {
  const { runId, workingPath, definition } = run.request;
  const { epoch } = (await stage.table.newestGeneration(runId))!;
  return stage.start(definition, { library, runId, workingPath, resume: { epoch, error } });
}

function expectLost(end: SeenEnd): void {
  expect(end).toMatchObject({ temporal: 'FAILED', row: 'failed' });
  expect(end.message).toContain('the run was reset in Temporal while its sub-runs were open');
  expect(end.message).toMatch(/signalbox resume [0-9a-f]{8}$/);
}

describe('an operator’s reset of a run with an open sub-run', () => {
  it('to before its start ends the old one, and only then begins a new one', async () => {
    const run = await stage.start(parent, { library });
    await untilWaiting(run, 'sub/ok');
    const again = await resetRun(stage, run, beforeAnything);
    const children = await eventually(async () => {
      const rows = await childrenOf(run);
      expect(rows.map(({ status }) => status)).toEqual(['cancelled', 'paused']);
      return rows;
    });
    const [old, young] = children.map(({ runId }) => stage.journal.indexOf(`write row running ${runId}`));
    const oldEnd = stage.journal.indexOf(`write row cancelled ${children[0]!.runId}`);
    expect(oldEnd).toBeGreaterThan(old!);
    expect(young).toBeGreaterThan(oldEnd);
    await untilWaiting(again, 'sub/ok');
    await decide(again, { decision: 'approve' });
    expect(await endOf(stage, again)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
  });

  it('to behind its start ends it and fails its node, and a resume goes on with the very same', async () => {
    const latch = aLatch();
    stage.nodes.set('inner', latch.script);
    const run = await stage.start(parent, { library });
    await latch.reached;
    const again = await resetRun(stage, run, behindChildStart);
    const end = await endOf(stage, again);
    expectLost(end);
    const [old] = await childrenOf(run);
    expect(old).toMatchObject({ status: 'cancelled' });
    expect((await stage.table.events(old!.runId)).at(-1)?.data).toMatchObject({
      reason: expect.stringContaining('whose sub-run it is, was reset in Temporal'),
    });
    stage.nodes.set('inner', says('done'));
    const resumed = await resume(again, end.message!);
    await untilWaiting(resumed, 'sub/ok');
    await decide(resumed, { decision: 'approve' });
    expect(await endOf(stage, resumed)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect((await childrenOf(run)).map(({ runId, status }) => [runId, status])).toEqual([
      [old!.runId, 'completed'],
    ]);
  });

  it('that had been ended with it before does not wait for it for ever', async () => {
    const run = await stage.start(parent, { library });
    await untilWaiting(run, 'sub/ok');
    await run.handle.terminate('an operator');
    await eventually(async () => expect(await childrenOf(run)).toMatchObject([{ status: 'cancelled' }]));
    expectLost(await endOf(stage, await resetRun(stage, run, behindChildStart)));
  });

  it('of a fan-out that takes every end fails it, too: a reset is no end of an item', async () => {
    const fanOut = over('["a", "b", "c"]', { maxParallel: 2 });
    const run = await stage.start(aDefinition([aSubrunDraft('fan', { fanOut })]), { library });
    await untilWaiting(run, 'fan[0]/ok', 'fan[1]/ok');
    const again = await resetRun(stage, run, behindChildStart);
    expectLost(await endOf(stage, again));
    expect((await childrenOf(run)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  });

  it('is told by the worker that has only its history, too', async () => {
    const run = await stage.start(parent, { library });
    await untilWaiting(run, 'sub/ok');
    const again = await resetRun(stage, run, behindChildStart);
    await stage.restartWorker();
    expectLost(await endOf(stage, again));
  });
});

describe('an operator’s reset of a run whose sub-run had completed', () => {
  it('takes its result, and does it no second time', async () => {
    stage.nodes.set('inner', says('the result'));
    const run = await stage.start(parent, { library });
    await untilWaiting(run, 'sub/ok');
    await decide(run, { decision: 'approve' });
    await endOf(stage, run);
    const again = await resetRun(stage, run, behindChildStart);
    expect(await endOf(stage, again)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect(await childrenOf(run)).toMatchObject([{ status: 'completed' }]);
    expect((await eventsOf(stage, run)).filter((event) => event === 'node_started after')).toHaveLength(2);
  });
});
