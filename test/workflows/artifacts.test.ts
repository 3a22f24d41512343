import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RunError } from '../../src/core/errors.js';
import { aBashNode, aDefinition, aGate, aLoopGroup } from '../support/builders.js';
import { makeFakeArtifacts } from '../support/fake-artifacts.js';
import { says } from '../support/node-scripts.js';
import { decide, endOf, eventsOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());
beforeEach(() => {
  stage.nodes.clear();
  stage.artifacts.port = makeFakeArtifacts();
});

const PLAN = { outputType: 'plan' } as const;

async function artifactsOf({ request }: StagedRun): Promise<readonly unknown[]> {
  const events = await stage.table.events(request.runId);
  return events
    .filter(({ eventType }) => eventType === 'workflow_artifact')
    .map(({ nodeName, data }) => ({ nodeName, ...(data as Record<string, unknown>) }));
}

describe('an output that is to be an artifact', () => {
  it('of a program is one when the program has ended', async () => {
    const run = await stage.start(aDefinition([aBashNode('a', PLAN)]));
    expect(await endOf(stage, run)).toMatchObject({ row: 'completed' });
    const { runId } = run.request;
    expect(await artifactsOf(run)).toEqual([
      expect.objectContaining({ nodeName: 'a', nodeId: 'a', outputType: 'plan', path: 'nodes/a.md', runId }),
    ]);
  });

  it('of a gate is one before anything that depends on the gate begins', async () => {
    const gate = aGate('review', { ...PLAN, needs: ['a'], captureResponse: true });
    const run = await stage.start(aDefinition([aBashNode('a'), gate, aBashNode('b', { needs: ['review'] })]));
    await untilWaiting(run, 'review');
    await decide(run, { decision: 'approve', text: 'go on' });
    expect(await endOf(stage, run)).toMatchObject({ row: 'completed' });
    const events = await eventsOf(stage, run);
    const kept = events.indexOf('workflow_artifact review');
    expect(kept).toBeGreaterThan(events.indexOf('approval_received review'));
    expect(kept).toBeLessThan(events.indexOf('node_started b'));
    expect(await artifactsOf(run)).toMatchObject([{ outputType: 'plan', size: 5 }]);
  });

  it('of a loop group is one, as is what its body puts out in each iteration', async () => {
    stage.nodes.set('g.b', says('still going'));
    let count = 0;
    stage.nodes.set('g.b', (task, signal) => says((count += 1) === 2 ? 'DONE' : 'going')(task, signal));
    const group = { ...aLoopGroup('g', [aBashNode('b', PLAN)]), outputType: 'summary' };
    const run = await stage.start(aDefinition([group]));
    expect(await endOf(stage, run)).toMatchObject({ row: 'completed' });
    const at = (iteration: number) => [{ groupId: 'g', iteration }];
    expect(await artifactsOf(run)).toMatchObject([
      { nodeName: 'g.b', nodeId: 'b', outputType: 'plan', loopGroupPath: at(1) },
      { nodeName: 'g.b', nodeId: 'b', outputType: 'plan', loopGroupPath: at(2) },
      { nodeName: 'g', nodeId: 'g', outputType: 'summary', path: 'nodes/g.md' },
    ]);
  });

  it('and cannot be kept ends the run, saying why', async () => {
    const refusal = new RunError('ARTIFACT_UNWRITABLE', 'its name is taken');
    stage.artifacts.port = { keep: () => Promise.reject(refusal) };
    const run = await stage.start(
      aDefinition([aGate('review', PLAN), aBashNode('b', { needs: ['review'] })]),
    );
    await untilWaiting(run, 'review');
    await decide(run, { decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({
      row: 'failed',
      code: 'ARTIFACT_UNWRITABLE',
      message: "node 'review': its name is taken",
    });
    expect(await eventsOf(stage, run)).not.toContain('node_started b');
  });
});
