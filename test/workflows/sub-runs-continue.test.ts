import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import { MESSAGES, type RunDescription } from '../../src/contract/messages.js';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch, says } from '../support/node-scripts.js';
import { decide, endOf } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { aLibrary, aSubrunDraft, over } from '../support/subrun-shapes.js';
import { devServer } from '../support/temporal-servers.js';

/** Where nothing new starts until the run has continued. */
const FULL_BYTES = 20 * 1024 * 1024;
/** Above it Temporal ends an execution. */
const MOST_BYTES = 50 * 1024 * 1024;
const MINUTE = 60_000;

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer());
});
afterAll(() => stage.tearDown());
afterEach(() => stage.nodes.clear());

/** A sub-run that asks a person if its item says so. */
const child = aDefinition(
  [
    aBashNode('look'),
    aGate('ok', { needs: ['look'], when: "$look.output == 'ask'" }),
    aBashNode('inner', { needs: ['look', 'ok'], triggerRule: 'none_failed_min_one_success' }),
  ],
  {
    ...{ name: 'child', mutatesCheckout: false },
    inputs: [{ name: 'item', description: null, isRequired: true }],
  },
);

/** One sub-run per number; what each is told fills the history of the run. */
function start(count: number, maxParallel: number, messageBytes: number): Promise<StagedRun> {
  const fanOut = over(JSON.stringify([...Array(count).keys()]), { maxParallel, as: 'item' });
  const fan = aSubrunDraft('fan', { input: 'x'.repeat(messageBytes), fanOut });
  return stage.start(aDefinition([fan]), { library: aLibrary(child) });
}

async function outputOf(run: StagedRun): Promise<unknown> {
  const { temporal, row, result, message } = await endOf(stage, run);
  expect({ temporal, row }, message ?? '').toEqual({ temporal: 'COMPLETED', row: 'completed' });
  const output = result!.output!;
  return JSON.parse(output.kind === 'inline' ? output.text : await readFile(output.path, 'utf8'));
}

const childrenOf = async ({ handle }: StagedRun) =>
  (await handle.query<RunDescription>(MESSAGES.describeQuery)).nodes.at(-1)?.children;

/** Each item was begun once, in whatever execution of the run. */
async function eachOnce({ request }: StagedRun, count: number): Promise<void> {
  const rows = await stage.table.childrenOf(request.runId);
  const indices = rows.map(({ metadata }) => Number(metadata['child_index']));
  expect(indices.sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
  expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['completed']));
  const begun = stage.tasks.filter(({ nodeId, runId }) => {
    return nodeId === 'inner' && rows.some((row) => row.runId === runId);
  });
  expect(begun).toHaveLength(count);
}

const numberOf = (environment: Readonly<Record<string, string>>): number =>
  Number(environment['INPUTS_ITEM']);

describe('a fan-out whose history is full', () => {
  it(
    'starts nothing while a sub-run waits for a person and one works, then continues, and loses and doubles none',
    async () => {
      const latch = aLatch(says('1'));
      stage.nodes.set('look', (task, signal) => {
        return says(numberOf(task.environment) === 0 ? 'ask' : 'go on')(task, signal);
      });
      stage.nodes.set('inner', (task, signal) => {
        const number = numberOf(task.environment);
        return (number === 1 ? latch.script : says(String(number)))(task, signal);
      });
      const run = await start(90, 3, 100_000);
      await latch.reached;
      await eventually(async () => {
        const { raw } = await run.handle.describe();
        expect(Number(raw.workflowExecutionInfo?.historySizeBytes)).toBeGreaterThanOrEqual(FULL_BYTES);
        expect(await childrenOf(run)).toMatchObject({ total: 90, open: 2 });
      }, MINUTE);
      const begun = (await stage.table.childrenOf(run.request.runId)).length;
      expect(begun).toBeLessThan(90);
      await decide(run, { nodeId: 'fan[0]/ok', decision: 'approve' });
      await eventually(async () => expect(await childrenOf(run)).toMatchObject({ open: 1 }));
      const { runId } = await run.handle.describe();
      expect(runId).toBe(run.handle.firstExecutionRunId);
      expect(await stage.table.childrenOf(run.request.runId)).toHaveLength(begun);
      latch.open();
      expect(await outputOf(run)).toEqual([...Array(90).keys()].map(String));
      expect((await run.handle.describe()).runId).not.toBe(runId);
      await eachOnce(run, 90);
    },
    3 * MINUTE,
  );

  it(
    'of three hundred items continues in the middle, as often as it has to, and ends with all in their order',
    async () => {
      stage.nodes.set('inner', (task, signal) => says(String(numberOf(task.environment)))(task, signal));
      const run = await start(300, 50, 50_000);
      expect(await outputOf(run)).toEqual([...Array(300).keys()].map(String));
      const { runId, raw } = await run.handle.describe();
      expect(runId).not.toBe(run.handle.firstExecutionRunId);
      expect(Number(raw.workflowExecutionInfo?.historySizeBytes)).toBeLessThan(MOST_BYTES);
      await eachOnce(run, 300);
    },
    5 * MINUTE,
  );
});
