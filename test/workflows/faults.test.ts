import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkflowDefinition } from '../../src/core/definition/definition.js';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { runsUntilStopped, says } from '../support/node-scripts.js';
import { endOf, eventsOf, recordOf } from '../support/run-probes.js';
import { raiseRunStage, type RunStage } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());

/** `broken` comes after `quick` and beside `slow`; no compiler makes conditions like these. */
function withCondition(condition: unknown): WorkflowDefinition {
  const drafts = [aBashNode('slow'), aBashNode('quick'), aBashNode('broken', { needs: ['quick'] })];
  const definition = aDefinition(drafts, { schedule: 'dataflow' });
  const [slow, quick, broken] = definition.nodes;
  return {
    ...definition,
    nodes: [slow!, quick!, { ...broken!, when: { text: '?', condition: condition as never } }],
  };
}

const quickSays1 = { kind: 'node', nodeId: 'quick', field: null };
const breaksDecide = withCondition([[{ kind: 'compare', left: quickSays1, operator: '~', right: '1' }]]);
const breaksThePlan = withCondition(7);
const breaksTheRow = aDefinition([aBashNode('slow'), aGate('broken', { decisions: [null as never] })]);

describe('a fault of our own', () => {
  it('in the middle of a run stops what runs, closes the box, and only then writes that it failed', async () => {
    stage.nodes.set('slow', runsUntilStopped).set('quick', says('1'));
    const run = await stage.start(breaksDecide);
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', code: 'INTERNAL', row: 'failed' });
    expect(end.message).toContain('signalbox itself is at fault: TypeError');
    const journal = stage.journalOf(run.request.runId);
    expect(journal.slice(-3)).toEqual(['close box', 'remove environment', 'write row failed']);
    expect(await eventsOf(stage, run)).toEqual([
      'workflow_started',
      'node_started slow',
      'node_started quick',
      'node_completed quick',
      'node_failed slow',
      'workflow_failed',
    ]);
    expect((await recordOf(stage, run.request.runId))?.metadata).toMatchObject({
      signalbox: { failureCode: 'INTERNAL' },
    });
  });

  it('in what is shown of a run ends it in the same way', async () => {
    stage.nodes.set('slow', runsUntilStopped);
    const run = await stage.start(breaksTheRow);
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'FAILED', code: 'INTERNAL', row: 'failed' });
    expect(stage.journalOf(run.request.runId).slice(-3)).toEqual([
      'close box',
      'remove environment',
      'write row failed',
    ]);
    expect(await eventsOf(stage, run)).toContain('approval_requested broken');
  });

  it('before the first row fails the run, which leaves no trace', async () => {
    const run = await stage.start(breaksThePlan);
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'FAILED', code: 'INTERNAL', row: null });
    expect(stage.journalOf(run.request.runId)).toEqual([]);
  });

  it('keeps no path: the next run is let in', async () => {
    stage.nodes.set('slow', runsUntilStopped).set('quick', says('1'));
    const run = await stage.start(breaksDecide);
    await endOf(stage, run);
    const { workingPath } = run.request;
    const next = await stage.start(aDefinition([aBashNode('quick')]), { workingPath });
    expect(await endOf(stage, next)).toMatchObject({ temporal: 'COMPLETED' });
  });
});
