import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RetryPolicy } from '../../src/core/definition/definition.js';
import { aBashNode, aDefinition } from '../support/builders.js';
import {
  fails,
  fallsSilent,
  inTurn,
  losesItsWorker,
  says,
  type NodeScript,
} from '../support/node-scripts.js';
import { endOf, eventsOf } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());

const thrice: RetryPolicy = { maxAttempts: 3, delayMs: 1_000, onError: 'transient' };
const flaky = (script: NodeScript, retry: RetryPolicy | null) => {
  stage.nodes.set('flaky', script);
  return aDefinition([aBashNode('flaky', { retry })]);
};
const attemptsOf = ({ request }: StagedRun): readonly number[] =>
  stage.tasks.filter(({ runId }) => runId === request.runId).map(({ attempt }) => attempt);

/** Timers that the run started, by summary, in seconds. */
async function timersOf({ handle }: StagedRun): Promise<readonly (readonly [string, number])[]> {
  const { events } = await handle.fetchHistory();
  return events!.flatMap((event) => {
    const seconds = event.timerStartedEventAttributes?.startToFireTimeout?.seconds;
    const summary = Buffer.from(event.userMetadata?.summary?.data ?? '').toString();
    return seconds ? [[summary, Number(seconds)] as const] : [];
  });
}

describe('a node with retry', () => {
  it('is tried again after one second, then two, then four', async () => {
    const run = await stage.start(
      flaky(inTurn(fails('rate limit'), fails('rate limit'), fails('rate limit'), says('at last')), thrice),
    );
    expect(await endOf(stage, run)).toMatchObject({
      temporal: 'COMPLETED',
      result: { output: { text: 'at last' } },
    });
    expect(attemptsOf(run)).toEqual([1, 2, 3, 4]);
    const retries = (await timersOf(run)).filter(([summary]) => summary === '"retry flaky"');
    expect(retries.map(([, seconds]) => seconds)).toEqual([1, 2, 4]);
    expect(await eventsOf(stage, run)).toEqual([
      'workflow_started',
      ...Array<string[]>(3).fill(['node_started flaky', 'node_failed flaky']).flat(),
      'node_started flaky',
      'node_completed flaky',
      'workflow_completed',
    ]);
  });

  it('fails when its attempts are used up', async () => {
    const run = await stage.start(flaky(fails('timeout, as ever'), { ...thrice, maxAttempts: 1 }));
    expect(await endOf(stage, run)).toMatchObject({ code: 'RUN_FAILED', row: 'failed' });
    expect(attemptsOf(run)).toEqual([1, 2]);
  });

  it.each(['unauthorized', 'permission denied', 'HTTP 401'])(
    'is not tried again after: %s',
    async (message) => {
      const run = await stage.start(flaky(fails(message), { ...thrice, onError: 'all' }));
      expect(await endOf(stage, run)).toMatchObject({ code: 'RUN_FAILED' });
      expect(attemptsOf(run)).toEqual([1]);
    },
  );

  it.each([
    ['whose worker shuts down', losesItsWorker, 60_000],
    ['that falls silent', fallsSilent, 500],
  ])('%s is tried again', async (_what, script, heartbeatTimeoutMs) => {
    const definition = flaky(inTurn(script, says('again')), thrice);
    const run = await stage.start(definition, { heartbeatTimeoutMs });
    expect(await endOf(stage, run)).toMatchObject({
      temporal: 'COMPLETED',
      result: { output: { text: 'again' } },
    });
    expect(attemptsOf(run)).toEqual([1, 2]);
    const [, , failed] = await stage.table.events(run.request.runId);
    expect(failed).toMatchObject({
      eventType: 'node_failed',
      data: { signalbox: { code: 'NODE_INTERRUPTED' } },
    });
  });
});

describe('a node without retry', () => {
  it.each([
    ['whose worker shuts down', losesItsWorker, 60_000],
    ['that falls silent', fallsSilent, 500],
  ])('%s fails', async (_what, script, heartbeatTimeoutMs) => {
    const run = await stage.start(flaky(script, null), { heartbeatTimeoutMs });
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', code: 'RUN_FAILED', row: 'failed' });
    expect(end.message).toContain("node 'flaky' was interrupted: its worker was lost or restarted");
    expect(attemptsOf(run)).toEqual([1]);
  });
});
