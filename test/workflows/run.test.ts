import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Schedule } from '../../src/core/definition/definition.js';
import type { WorkingPath } from '../../src/core/ids.js';
import { aBashNode, aDefinition } from '../support/builders.js';
import { aLatch, fails, says } from '../support/node-scripts.js';
import { endOf, eventsOf } from '../support/run-probes.js';
import { raiseRunStage, type RunStage } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());

describe('a run', () => {
  it('completes with the output of its last node, and mirrors every step', async () => {
    const definition = aDefinition([aBashNode('first'), aBashNode('second', { needs: ['first'] })]);
    const run = await stage.start(definition);
    expect(await endOf(stage, run)).toMatchObject({
      temporal: 'COMPLETED',
      result: { runId: run.request.runId, status: 'completed', output: { text: 'second' } },
      row: 'completed',
    });
    expect(await eventsOf(stage, run)).toEqual([
      'workflow_started',
      'node_started first',
      'node_completed first',
      'node_started second',
      'node_completed second',
      'workflow_completed',
    ]);
    expect(stage.table.resultsOf(run.request.runId).map(({ nodeId }) => nodeId)).toEqual(['first', 'second']);
  });

  it('has its row before its first node, and no process when its row is terminal', async () => {
    const run = await stage.start(aDefinition([aBashNode('only')]));
    await endOf(stage, run);
    expect(stage.journalOf(run.request.runId).filter((line) => line !== 'write row running')).toEqual([
      'prepare directories',
      'open box',
      'run only.1',
      'close box',
      'remove environment',
      'write row completed',
    ]);
    const [prepared, first, second] = stage.journalOf(run.request.runId);
    expect([prepared, first, second]).toEqual(['prepare directories', 'write row running', 'open box']);
  });

  it('fails with every node that failed, and says which', async () => {
    stage.nodes.set('left', fails('left is broken')).set('right', fails('right is broken'));
    const definition = aDefinition([
      aBashNode('left'),
      aBashNode('right'),
      aBashNode('after', { needs: ['left'] }),
    ]);
    const run = await stage.start(definition);
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', code: 'RUN_FAILED', row: 'failed' });
    expect(end.message).toMatch(/left is broken.*right is broken/s);
    expect(await eventsOf(stage, run)).toContain('node_skipped after');
  });

  it('gives a node what its script refers to, and the variables of the language', async () => {
    stage.nodes.set('build', says('{"tag":"v7","rest":"unread"}'));
    const definition = aDefinition([
      aBashNode('build'),
      aBashNode('ship', { needs: ['build'], script: 'ship $build.output.tag' }),
    ]);
    const run = await stage.start(definition, { message: 'go', inputs: { 'dry-run': 'yes' } });
    await endOf(stage, run);
    const { runId, workingPath } = run.request;
    const task = stage.tasks.find((one) => one.runId === runId && one.nodeId === 'ship')!;
    expect(task).toMatchObject({ attempt: 1, attemptId: 'ship.1', workingPath, graceMs: 100 });
    expect(task.scope.nodes).toMatchObject({
      build: { state: 'completed', output: { fields: { tag: {} } } },
    });
    expect(task.environment).toMatchObject({
      WORKFLOW_ID: runId,
      ARGUMENTS: 'go',
      USER_MESSAGE: 'go',
      INPUTS_DRY_RUN: 'yes',
      BASE_BRANCH: 'main',
      ARTIFACTS_DIR: task.artifactsDir,
    });
  });

  it.each<Schedule>(['layers', 'dataflow'])('runs what can run at once at once: %s', async (schedule) => {
    const left = aLatch();
    const right = aLatch();
    stage.nodes.set('left', left.script).set('right', right.script);
    const nodes = [aBashNode('left'), aBashNode('right'), aBashNode('join', { needs: ['left', 'right'] })];
    const run = await stage.start(aDefinition(nodes, { schedule }));
    await Promise.all([left.reached, right.reached]);
    left.open();
    right.open();
    expect(await endOf(stage, run)).toMatchObject({
      temporal: 'COMPLETED',
      result: { output: { text: 'join' } },
    });
  });

  it('in dataflow starts a node as soon as its own dependencies have settled', async () => {
    const slow = aLatch();
    const afterQuick = aLatch();
    stage.nodes.set('slow', slow.script).set('after-quick', afterQuick.script);
    const nodes = [aBashNode('slow'), aBashNode('quick'), aBashNode('after-quick', { needs: ['quick'] })];
    const run = await stage.start(aDefinition(nodes, { schedule: 'dataflow' }));
    await Promise.all([slow.reached, afterQuick.reached]);
    slow.open();
    afterQuick.open();
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
  });

  it('in layers waits for the whole layer before', async () => {
    const slow = aLatch();
    stage.nodes.set('slow', slow.script).delete('after-quick');
    const nodes = [aBashNode('slow'), aBashNode('quick'), aBashNode('after-quick', { needs: ['quick'] })];
    const run = await stage.start(aDefinition(nodes));
    await slow.reached;
    slow.open();
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
    const events = await eventsOf(stage, run);
    expect(events.indexOf('node_started after-quick')).toBeGreaterThan(events.indexOf('node_completed slow'));
  });

  it('frees its path when it closes: the next run there is let in', async () => {
    const workingPath = '/repos/shared' as WorkingPath;
    const definition = aDefinition([aBashNode('only')]);
    const first = await stage.start(definition, { workingPath });
    expect(await endOf(stage, first)).toMatchObject({ temporal: 'COMPLETED' });
    const second = await stage.start(definition, { workingPath });
    expect(second.handle.workflowId).toBe(first.handle.workflowId);
    expect(await endOf(stage, second)).toMatchObject({ temporal: 'COMPLETED' });
  });
});
