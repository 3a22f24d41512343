import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { inTurn, runsUntilStopped, says } from '../support/node-scripts.js';
import { eventually } from '../support/eventually.js';
import { decide, endOf, eventsOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, type RunStage } from '../support/run-stage.js';
import { devServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer());
});
afterAll(() => stage.tearDown());

describe('a worker that takes over with nothing but the history', () => {
  it('finds gates as they were', async () => {
    const drafts = [aGate('security'), aGate('design'), aBashNode('ship', { needs: ['security', 'design'] })];
    const run = await stage.start(aDefinition(drafts));
    await untilWaiting(run, 'security', 'design');
    await decide(run, { nodeId: 'design', decision: 'approve' });
    await stage.restartWorker();
    expect(await decide(run, { decision: 'approve' })).toMatchObject({ nodeId: 'security' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect(stage.journalOf(run.request.runId).filter((line) => line === 'prepare directories')).toHaveLength(
      1,
    );
  });

  it('tries a node again that was interrupted, if it has retry', async () => {
    stage.nodes.set('long', inTurn(runsUntilStopped, says('again')));
    const retry = { maxAttempts: 1, delayMs: 10, onError: 'transient' } as const;
    const run = await stage.start(aDefinition([aBashNode('long', { retry })]));
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('run long.1'));
    await stage.restartWorker();
    expect(await endOf(stage, run)).toMatchObject({
      temporal: 'COMPLETED',
      result: { output: { text: 'again' } },
    });
    expect(await eventsOf(stage, run)).toEqual([
      'workflow_started',
      'node_started long',
      'node_failed long',
      'node_started long',
      'node_completed long',
      'workflow_completed',
    ]);
  });

  it('fails one that has none', async () => {
    stage.nodes.set('long', runsUntilStopped);
    const run = await stage.start(aDefinition([aBashNode('long')]));
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('run long.1'));
    await stage.restartWorker();
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', code: 'RUN_FAILED', row: 'failed' });
    expect(end.message).toContain('was interrupted');
  });
});
