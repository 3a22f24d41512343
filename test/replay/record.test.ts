import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playQueue, QUEUE_SHAPES, type FirstExecution } from '../support/queue-shapes.js';
import { raiseQueueStage } from '../support/queue-stage.js';
import { RUN_SHAPES, shapeIdentity } from '../support/run-shapes.js';
import { raiseRunStage, type RunStage } from '../support/run-stage.js';
import { devServer } from '../support/temporal-servers.js';
import { workflowBundle } from '../support/workflow-bundle.js';

/** Where `scripts/record-histories.mjs` wants them kept. */
const KEPT_IN = process.env['SIGNALBOX_KEEP_HISTORIES_IN'];
/** Larger files would be a burden in the repository. */
const MOST_BYTES = 200 * 1024;

let stage: RunStage;
beforeAll(async () => {
  const environment = await devServer({ 'limit.historyCount.suggestContinueAsNew': '60' });
  stage = await raiseRunStage(environment, '/outputs');
});
afterAll(() => stage.tearDown());

/** Histories of all executions of a chain, as files keep them, the first execution first. */
async function historiesOf({ workflowId, temporalRunId }: FirstExecution): Promise<readonly string[]> {
  const { client } = stage.environment;
  const histories: string[] = [];
  let executionId: string | undefined = temporalRunId;
  while (executionId) {
    const history = await client.workflow.getHandle(workflowId, executionId).fetchHistory();
    const recorded: unknown = JSON.parse(historyToJSON(history));
    histories.push(JSON.stringify({ workflowId, history: withoutOrigin(recorded) }, null, 1));
    executionId =
      history.events!.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return histories;
}

/** What tells of the machine that recorded, and that no replay reads. */
function withoutOrigin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOrigin);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([key]) => key !== 'stackTrace' && key !== 'identity');
  return Object.fromEntries(members.map(([key, member]) => [key, withoutOrigin(member)]));
}

/** Each replays, and is small enough to be kept. */
async function kept(name: string, histories: readonly string[]): Promise<void> {
  for (const [execution, text] of histories.entries()) {
    const { workflowId, history } = JSON.parse(text) as { workflowId: string; history: unknown };
    await Worker.runReplayHistory({ workflowBundle: workflowBundle() }, history, workflowId);
    expect(text.length).toBeLessThan(MOST_BYTES);
    const file = execution === 0 ? `${name}.json` : `${name}.${execution + 1}.json`;
    if (KEPT_IN !== undefined) keep(KEPT_IN, file, text);
  }
}

describe('a history that is recorded now replays', () => {
  it.each(Object.entries(RUN_SHAPES).map(([name, shape], index) => [name, shape, index] as const))(
    '%s',
    async (name, shape, index) => {
      stage.nodes.clear();
      const { handle } = await shape(stage, shapeIdentity(index));
      const { workflowId, firstExecutionRunId: temporalRunId } = handle;
      const histories = await historiesOf({ workflowId, temporalRunId });
      expect(histories.length).toBeGreaterThan(name === 'continue-as-new' ? 1 : 0);
      await kept(name, histories);
    },
  );

  it('of a queue and its tickets', async () => {
    stage.nodes.clear();
    const queues = await raiseQueueStage(stage);
    try {
      const played = await playQueue(stage, queues, 100);
      expect(Object.keys(played)).toEqual(QUEUE_SHAPES);
      for (const [name, first] of Object.entries(played)) {
        const histories = await historiesOf(first);
        expect(histories.length).toBeGreaterThan(name === 'queue' ? 1 : 0);
        await kept(name, histories);
      }
    } finally {
      await queues.tearDown();
    }
  });
});

function keep(folder: string, file: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), `${text}\n`);
}
