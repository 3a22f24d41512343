import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodesWithoutPermit } from '../../src/client/permit-waits.js';
import { aBashNode, aDefinition } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch, says, type NodeScript } from '../support/node-scripts.js';
import { endOf } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { devServer } from '../support/temporal-servers.js';

const PERMITS = 4;

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer(), undefined, PERMITS);
});
afterAll(() => stage.tearDown());
beforeEach(() => {
  stage.nodes.clear();
  stage.tasks.length = 0;
});

const nodesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);
const wide = (count: number) => aDefinition(nodesOf(count).map((id) => aBashNode(id)));
const withoutPermit = ({ request, handle }: StagedRun): Promise<readonly string[]> =>
  nodesWithoutPermit(stage.environment.client, request.runId, handle.workflowId);

describe('permits of the host', () => {
  it('let 200 nodes of one run begin at once, and a few of them work', async () => {
    let working = 0;
    let most = 0;
    const work: NodeScript = async (task, signal) => {
      working += 1;
      most = Math.max(most, working);
      await new Promise((resolve) => setImmediate(resolve));
      working -= 1;
      return says(task.nodeId)(task, signal);
    };
    for (const id of nodesOf(200)) stage.nodes.set(id, work);
    const run = await stage.start(wide(200));
    expect(await endOf(stage, run)).toMatchObject({ row: 'completed' });
    expect(new Set(stage.tasks.map(({ nodeId }) => nodeId)).size).toBe(200);
    expect(most).toBeLessThanOrEqual(PERMITS);
  });

  it('are seen to be waited for, while the mirror goes on, and a cancellation is heard', async () => {
    const latches = new Map(nodesOf(10).map((id) => [id, aLatch()]));
    for (const [id, latch] of latches) stage.nodes.set(id, latch.script);
    const run = await stage.start(wide(10));
    await eventually(async () => expect(await withoutPermit(run)).toHaveLength(10 - PERMITS));
    const working = stage.tasks.map(({ nodeId }) => nodeId);
    const waiting = await withoutPermit(run);
    expect([...working, ...waiting].sort()).toEqual(nodesOf(10).sort());
    await eventually(async () => {
      const started = (await stage.table.events(run.request.runId)).filter(
        ({ eventType }) => eventType === 'node_started',
      );
      expect(started).toHaveLength(10);
    });
    latches.get(working[0]!)!.open();
    await eventually(async () => expect(await withoutPermit(run)).toHaveLength(9 - PERMITS));
    await run.handle.cancel();
    expect(await endOf(stage, run)).toMatchObject({ row: 'cancelled' });
    expect(stage.tasks).toHaveLength(PERMITS + 1);
    expect(await withoutPermit(run)).toEqual([]);
  });

  it('are all there again for the next worker when theirs ends while nodes wait', async () => {
    const latch = aLatch();
    for (const id of nodesOf(10)) stage.nodes.set(id, latch.script);
    const run = await stage.start(wide(10));
    await eventually(async () => expect(await withoutPermit(run)).toHaveLength(10 - PERMITS));
    await stage.restartWorker();
    expect(await endOf(stage, run)).toMatchObject({ row: 'failed' });
    const next = aLatch();
    for (const id of nodesOf(10)) stage.nodes.set(id, next.script);
    stage.tasks.length = 0;
    const after = await stage.start(wide(10));
    await eventually(() => expect(stage.tasks).toHaveLength(PERMITS));
    await eventually(async () => expect(await withoutPermit(after)).toHaveLength(10 - PERMITS));
    next.open();
    expect(await endOf(stage, after)).toMatchObject({ row: 'completed' });
  });

  it('are told of nobody’s run but the one that is asked for', async () => {
    const latch = aLatch();
    for (const id of nodesOf(6)) stage.nodes.set(id, latch.script);
    const run = await stage.start(wide(6));
    await eventually(async () => expect(await withoutPermit(run)).toHaveLength(2));
    const { client } = stage.environment;
    const { workflowId } = run.handle;
    expect(await nodesWithoutPermit(client, 'another' as never, workflowId)).toEqual([]);
    expect(await nodesWithoutPermit(client, run.request.runId, 'run.of.nobody')).toEqual([]);
    latch.open();
    expect(await endOf(stage, run)).toMatchObject({ row: 'completed' });
  });
});
