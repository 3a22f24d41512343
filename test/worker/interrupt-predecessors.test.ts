import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeExecutionWatch } from '../../src/adapters/temporal/execution-watch.js';
import { hostTaskQueue } from '../../src/contract/task-queues.js';
import { interruptPredecessors } from '../../worker/interrupt-predecessors.js';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { inTurn, runsUntilStopped, says } from '../support/node-scripts.js';
import { endOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, STAGE_HOST, STAGE_UID, type RunStage, type StagedRun } from '../support/run-stage.js';
import { silentLogger } from '../support/silent-logger.js';
import { devServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer());
});
afterAll(() => stage.tearDown());

const watch = () => makeExecutionWatch(stage.environment.client, 'the test server');
const taskQueue = hostTaskQueue(STAGE_HOST, STAGE_UID);
const asSuccessor = (identity: string, ...openIds: string[]): Promise<void> =>
  interruptPredecessors({
    ...{ watch: watch(), taskQueue, identity, logger: silentLogger },
    openIds: () => Promise.resolve(openIds),
  });

const isListed = async (run: StagedRun): Promise<void> => {
  const listed = await watch().openOn(taskQueue);
  expect(listed.map(({ temporalWorkflowId }) => temporalWorkflowId)).toContain(run.handle.workflowId);
};

async function startLong(retry: Parameters<typeof aBashNode>[1] = {}): Promise<StagedRun> {
  const run = await stage.start(aDefinition([aBashNode('long', retry)]));
  await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('run long.1'));
  await eventually(() => isListed(run), 30_000);
  return run;
}

describe('what a dead worker had under way', () => {
  it('fails as interrupted, at once', async () => {
    stage.nodes.set('long', runsUntilStopped);
    const run = await startLong();
    await asSuccessor('another');
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', row: 'failed' });
    expect(end.message).toContain('interrupted: its worker (test worker) is gone');
    const [failed] = await stage.table
      .events(run.request.runId)
      .then((events) => events.filter(({ eventType }) => eventType === 'node_failed'));
    expect(failed?.data).toMatchObject({ signalbox: { code: 'NODE_INTERRUPTED' } });
  });

  it('is found by the tables before a list of Temporal has it', async () => {
    stage.nodes.set('long', runsUntilStopped);
    const run = await stage.start(aDefinition([aBashNode('long')]));
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('run long.1'));
    await asSuccessor('another', run.handle.workflowId, 'run.unknown');
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'FAILED' });
  });

  it('is tried again by a node with retry', async () => {
    stage.nodes.set('long', inTurn(runsUntilStopped, says('again')));
    const run = await startLong({ retry: { maxAttempts: 1, delayMs: 10, onError: 'transient' } });
    await asSuccessor('another');
    expect(await endOf(stage, run)).toMatchObject({
      temporal: 'COMPLETED',
      result: { output: { text: 'again' } },
    });
  });

  it('stays as it is if it is my own, and so does a gate', async () => {
    stage.nodes.set('long', runsUntilStopped);
    const run = await startLong();
    const gate = await stage.start(aDefinition([aGate('review')]));
    await untilWaiting(gate, 'review');
    await asSuccessor('test worker');
    const details = await watch().inspect(run.handle.workflowId, null);
    expect(details?.openActivities).toEqual([
      { activityId: 'long.1', isUnderWay: true, isPaused: false, lastWorkerIdentity: 'test worker' },
    ]);
    await asSuccessor('another');
    expect(await watch().inspect(gate.handle.workflowId, null)).toMatchObject({
      isOpen: true,
      runId: gate.request.runId,
    });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'FAILED' });
  });
});
