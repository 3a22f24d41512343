import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBashNode, aDefinition } from '../support/builders.js';
import { says } from '../support/node-scripts.js';
import { endOf } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { aLibrary, aSubrunDraft, over } from '../support/subrun-shapes.js';
import { devServer } from '../support/temporal-servers.js';

/** Temporal's own value is 4096. */
const SUGGESTED_EVENTS = 60;
/** Above it Temporal ends an execution. */
const MOST_EVENTS = 51_200;
const MINUTE = 60_000;

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(
    await devServer({ 'limit.historyCount.suggestContinueAsNew': String(SUGGESTED_EVENTS) }),
  );
});
afterAll(() => stage.tearDown());

const child = aDefinition([aBashNode('inner')], { name: 'child', mutatesCheckout: false });

async function fanOut(count: number, maxParallel: number): Promise<StagedRun> {
  const items = JSON.stringify(Array.from({ length: count }, (_, index) => index));
  const definition = aDefinition([aSubrunDraft('fan', { fanOut: over(items, { maxParallel }) })]);
  return stage.start(definition, { library: aLibrary(child) });
}

/** What came out, read from its file if it lies in one. */
async function outputOf(run: StagedRun): Promise<readonly string[]> {
  const { temporal, result } = await endOf(stage, run);
  expect(temporal).toBe('COMPLETED');
  const output = result!.output!;
  const text = output.kind === 'inline' ? output.text : await readFile(output.path, 'utf8');
  return JSON.parse(text) as readonly string[];
}

const numbered = (count: number, length: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${index} ${'x'.repeat(length)}`);

const padded = (length: number) => {
  stage.nodes.set('inner', (task, signal) =>
    says(`${task.environment['ARGUMENTS'] ?? ''} ${'x'.repeat(length)}`)(task, signal),
  );
};

describe('a fan-out whose history grows long', () => {
  it(
    'continues as new between its sub-runs, and loses none of them',
    async () => {
      padded(4_000);
      const run = await fanOut(40, 1);
      expect(await outputOf(run)).toEqual(numbered(40, 4_000));
      const { runId } = await run.handle.describe();
      expect(runId).not.toBe(run.handle.firstExecutionRunId);
      expect(await stage.table.childrenOf(run.request.runId)).toHaveLength(40);
    },
    3 * MINUTE,
  );

  it(
    'of a thousand items stays far within what Temporal allows',
    async () => {
      padded(100);
      const run = await fanOut(1_000, 50);
      expect(await outputOf(run)).toEqual(numbered(1_000, 100));
      const { historyLength } = await run.handle.describe();
      expect(historyLength).toBeLessThan(MOST_EVENTS / 3);
    },
    10 * MINUTE,
  );
});
