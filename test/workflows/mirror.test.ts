import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WORKFLOW_TYPES } from '../../src/contract/run-workflow.js';
import { mirrorWorkflowId } from '../../src/contract/workflow-id.js';
import { RunError } from '../../src/core/errors.js';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch, says } from '../support/node-scripts.js';
import { decide, endOf, eventsOf, lifetimeMs, recordOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

// A server of its own for each: behind a run that closes before its child does, it skips no more time.
let stage: RunStage;
beforeEach(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterEach(() => stage.tearDown());

const idOf = (position: number): string => `node-${String(position).padStart(2, '0')}`;
const chain = (length: number) =>
  aDefinition(
    Array.from({ length }, (_, position) =>
      aBashNode(idOf(position), { needs: position === 0 ? [] : [idOf(position - 1)] }),
    ),
  );
const eventsOfChain = (length: number): readonly string[] => [
  'workflow_started',
  ...Array.from({ length }, (_, position) => [
    `node_started ${idOf(position)}`,
    `node_completed ${idOf(position)}`,
  ]).flat(),
  'workflow_completed',
];
const tasksOf = ({ request }: StagedRun) => stage.tasks.filter(({ runId }) => runId === request.runId);
const goAway = async (): Promise<void> => {
  await Promise.resolve();
  stage.table.isAway = true;
};

describe('a table that is away', () => {
  it('in the middle of twenty nodes stops none, and is told everything in order', async () => {
    stage.nodes.set(idOf(4), async (task, signal) => {
      await goAway();
      return says('away')(task, signal);
    });
    stage.nodes.set(idOf(16), async (task, signal) => {
      stage.table.isAway = false;
      return says('back')(task, signal);
    });
    const run = await stage.start(chain(20));
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect(await eventsOf(stage, run)).toEqual(eventsOfChain(20));
    expect(stage.table.resultsOf(run.request.runId)).toHaveLength(20);
  });

  it('at the beginning ends the run after a minute, and no node has run', async () => {
    stage.table.isAway = true;
    const run = await stage.start(chain(2));
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', code: 'RUN_TABLE_UNREACHABLE', row: null });
    expect(await lifetimeMs(run)).toBeGreaterThanOrEqual(50_000);
    expect(await lifetimeMs(run)).toBeLessThan(120_000);
    expect(tasksOf(run)).toEqual([]);
    expect(stage.journalOf(run.request.runId)).not.toContain('open box');
  });

  it('at the end keeps the path for a minute; a child writes the rest when it is back', async () => {
    stage.nodes.set(idOf(1), async (task, signal) => {
      await goAway();
      return says('last')(task, signal);
    });
    const run = await stage.start(chain(2));
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'running' });
    expect(await lifetimeMs(run)).toBeGreaterThanOrEqual(50_000);
    expect(await lifetimeMs(run)).toBeLessThan(200_000);
    expect(stage.journalOf(run.request.runId)).toContain('close box');

    const { runId } = run.request;
    const child = stage.environment.client.workflow.getHandle(
      mirrorWorkflowId(runId, run.handle.firstExecutionRunId),
    );
    expect(await child.describe()).toMatchObject({
      type: WORKFLOW_TYPES.mirror,
      status: { name: 'RUNNING' },
    });
    stage.table.isAway = false;
    await child.result();
    await eventually(async () => expect((await recordOf(stage, runId))?.status).toBe('completed'));
    expect(await eventsOf(stage, run)).toEqual(eventsOfChain(2));
  });

  it('that comes back within the minute is told by the run itself', async () => {
    stage.nodes.set(idOf(0), async (task, signal) => {
      await goAway();
      return says('only')(task, signal);
    });
    const run = await stage.start(chain(1));
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('close box'));
    stage.table.isAway = false;
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect(await eventsOf(stage, run)).toEqual(eventsOfChain(1));
    const { events } = await run.handle.fetchHistory();
    expect(events!.some((event) => event.startChildWorkflowExecutionInitiatedEventAttributes)).toBe(false);
  });

  it('for as long as megabytes of output gather is told all of them, in writes that Temporal can carry', async () => {
    const length = 60;
    const large = 'x'.repeat(16 * 1024);
    stage.nodes.set(idOf(0), async (task, signal) => {
      await goAway();
      return says(large)(task, signal);
    });
    for (let position = 1; position < length; position += 1) stage.nodes.set(idOf(position), says(large));
    const run = await stage.start(chain(length));
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
    stage.table.isAway = false;
    await eventually(async () => expect(await eventsOf(stage, run)).toEqual(eventsOfChain(length)));
    await eventually(async () =>
      expect((await recordOf(stage, run.request.runId))?.status).toBe('completed'),
    );
    expect(stage.table.resultsOf(run.request.runId)).toHaveLength(length);
  });
});

describe('the mirror lane', () => {
  it('goes on behind a write that is refused for good', async () => {
    const latch = aLatch();
    stage.nodes.set(idOf(0), latch.script);
    const run = await stage.start(chain(2));
    await latch.reached;
    stage.refuseWrites(1, new RunError('FENCED', 'another execution has the word'));
    latch.open();
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect(await eventsOf(stage, run)).toContain('workflow_completed');
  });

  it('waits neither for a gate nor for the end: both are written at once', async () => {
    const run = await stage.start(aDefinition([aGate('review')]));
    await untilWaiting(run, 'review');
    await eventually(async () => expect((await recordOf(stage, run.request.runId))?.status).toBe('paused'));
    await decide(run, { decision: 'approve' });
    await endOf(stage, run);
    const written = stage.journalOf(run.request.runId).filter((line) => line.startsWith('write row'));
    expect(written.slice(0, 2)).toEqual(['write row running', 'write row paused']);
    expect(written.at(-1)).toBe('write row completed');
    const { events } = await run.handle.fetchHistory();
    const firstWrite = events!.findIndex(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'writeMirror',
    );
    const timers = events!.slice(0, firstWrite).filter((event) => event.timerStartedEventAttributes);
    expect(timers).toEqual([]);
  });
});
