import type { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aBashNode, aDefinition, aLoopGroup } from '../support/builders.js';
import { says } from '../support/node-scripts.js';
import { endOf } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { devServer } from '../support/temporal-servers.js';

type History = temporal.api.history.v1.IHistory;

/** Above these Temporal ends an execution. */
const MOST_EVENTS = 51_200;
const MOST_BYTES = 50 * 1024 * 1024;

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer(), undefined, 16);
});
afterAll(() => stage.tearDown());
beforeEach(() => {
  stage.nodes.clear();
  stage.tasks.length = 0;
});

/** Of each execution of a run, from the last to the first. */
async function sizesOf({ handle }: StagedRun): Promise<{ events: number; bytes: number }[]> {
  const { client } = stage.environment;
  const sizes: { events: number; bytes: number }[] = [];
  for (let runId: string | undefined = (await handle.describe()).runId; runId !== undefined;) {
    const described = await client.workflow.getHandle(handle.workflowId, runId).describe();
    const { historyLength, historySize } = described;
    sizes.push({ events: historyLength, bytes: historySize ?? 0 });
    const history: History = await client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
    const before: string | null | undefined =
      history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    runId = before === null || before === undefined || before === '' ? undefined : before;
  }
  return sizes;
}

async function expectWithinLimits(run: StagedRun): Promise<void> {
  for (const { events, bytes } of await sizesOf(run)) {
    expect(events).toBeLessThan(MOST_EVENTS);
    expect(bytes).toBeLessThan(MOST_BYTES);
  }
}

describe('a large run', () => {
  it(
    'goes through a loop of 1,000 iterations, within the limits of Temporal',
    { timeout: 180_000 },
    async () => {
      stage.nodes.set('g.a', (task, signal) => {
        const iteration = Number(task.attemptId.split('.')[1]);
        return says(iteration === 1_000 ? 'ALL DONE' : `turn ${iteration}`)(task, signal);
      });
      const rules = { until: 'ALL DONE', untilBash: null, maxIterations: 1_000 };
      const run = await stage.start(aDefinition([aLoopGroup('g', [aBashNode('a')], { rules })]));
      expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
      expect(stage.tasks).toHaveLength(1_000);
      await expectWithinLimits(run);
    },
  );

  it(
    'of 1,000 nodes in one definition does each once, within the limits of Temporal',
    { timeout: 180_000 },
    async () => {
      const ids = Array.from({ length: 1_000 }, (_, index) => `n${index}`);
      const last = aBashNode('last', { needs: ids });
      const run = await stage.start(aDefinition([...ids.map((id) => aBashNode(id)), last]));
      expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
      expect(new Set(stage.tasks.map(({ nodeId }) => nodeId)).size).toBe(1_001);
      expect(stage.tasks).toHaveLength(1_001);
      await expectWithinLimits(run);
    },
  );
});
