import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MESSAGES, type CancelAnswer, type CancelMessage } from '../../src/contract/messages.js';
import { RunError } from '../../src/core/errors.js';
import { aBashNode, aCancelNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch, fails, runsUntilStopped } from '../support/node-scripts.js';
import { endOf, eventsOf, lifetimeMs, recordOf, sent, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());
beforeEach(() => {
  stage.nodes.clear();
  stage.table.isAway = false;
});

const cancel = ({ handle }: StagedRun, message?: CancelMessage): Promise<CancelAnswer> =>
  sent(
    handle.executeUpdate<CancelAnswer, [CancelMessage | null]>(MESSAGES.cancelUpdate, {
      args: [message ?? null],
    }),
  );

/** Both doors through which a person cancels. */
const DOORS: readonly (readonly [string, (run: StagedRun) => Promise<unknown>])[] = [
  ['the update cancelRun', (run) => cancel(run, { by: 'ann', reason: 'wrong branch' })],
  ['Temporal', (run) => run.handle.cancel()],
];

/** Until the run itself has nothing to wait for: skipping time before could fire a timer that it cancels. */
const untilClosing = ({ request }: StagedRun): Promise<void> =>
  eventually(() => expect(stage.journalOf(request.runId)).toContain('close box'));

const CANCELLED = { temporal: 'CANCELLED', code: null, row: 'cancelled' };

describe.each(DOORS)('a run that is cancelled through %s', (_door, cancelRun) => {
  it('stops the node that runs, and starts no other', async () => {
    stage.nodes.set('long', runsUntilStopped);
    const run = await stage.start(aDefinition([aBashNode('long'), aBashNode('next', { needs: ['long'] })]));
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('run long.1'));
    await cancelRun(run);
    await untilClosing(run);
    expect(await endOf(stage, run)).toMatchObject(CANCELLED);
    expect(stage.journalOf(run.request.runId)).not.toContain('run next.1');
    expect(await eventsOf(stage, run)).toEqual([
      'workflow_started',
      'node_started long',
      'node_failed long',
      'workflow_cancelled',
    ]);
  });

  it('closes the box before its row says so', async () => {
    stage.nodes.set('long', runsUntilStopped);
    const run = await stage.start(aDefinition([aBashNode('long')]));
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('write row running'));
    await cancelRun(run);
    await untilClosing(run);
    await endOf(stage, run);
    const journal = stage.journalOf(run.request.runId);
    expect(journal.slice(-3)).toEqual(['close box', 'remove environment', 'write row cancelled']);
    expect(journal.indexOf('write row cancelled')).toBe(journal.length - 1);
  });

  it('loses nothing that was on its way into the mirror', async () => {
    stage.nodes.set('long', runsUntilStopped);
    const away = new RunError('RUN_TABLE_UNREACHABLE', 'the database is away');
    stage.refuseWrites(Infinity, away);
    const run = await stage.start(aDefinition([aBashNode('long'), aGate('review')]));
    await eventually(async () => {
      const { raw } = await run.handle.describe();
      expect(raw.pendingActivities?.map(({ activityType }) => activityType?.name)).toContain('writeMirror');
    });
    await cancelRun(run);
    await untilClosing(run);
    stage.refuseWrites(0, away);
    expect(await endOf(stage, run)).toMatchObject(CANCELLED);
    expect(new Set(await eventsOf(stage, run))).toEqual(
      new Set([
        'workflow_started',
        'node_started long',
        'approval_requested review',
        'node_failed long',
        'workflow_cancelled',
      ]),
    );
  });

  it('drops the gate that waits', async () => {
    const run = await stage.start(aDefinition([aGate('review', { timeoutMs: 3_600_000 })]));
    await untilWaiting(run, 'review');
    await cancelRun(run);
    await untilClosing(run);
    expect(await endOf(stage, run)).toMatchObject(CANCELLED);
  });

  it('waits for no further attempt', async () => {
    stage.nodes.set('flaky', fails('rate limit'));
    const retry = { maxAttempts: 3, delayMs: 3_600_000, onError: 'transient' } as const;
    const run = await stage.start(aDefinition([aBashNode('flaky', { retry })]));
    await eventually(async () => expect(await eventsOf(stage, run)).toContain('node_failed flaky'));
    await cancelRun(run);
    await untilClosing(run);
    expect(await endOf(stage, run)).toMatchObject(CANCELLED);
    expect(await lifetimeMs(run)).toBeLessThan(3_600_000);
    expect(stage.tasks.filter(({ runId }) => runId === run.request.runId)).toHaveLength(1);
  });

  it('runs nothing when it has no row yet', async () => {
    stage.table.isAway = true;
    const run = await stage.start(aDefinition([aBashNode('first')]));
    await cancelRun(run);
    await eventually(async () =>
      expect(await run.handle.query(MESSAGES.describeQuery)).toMatchObject({ status: 'cancelling' }),
    );
    stage.table.isAway = false;
    expect(await endOf(stage, run)).toMatchObject(CANCELLED);
    expect(stage.tasks.filter(({ runId }) => runId === run.request.runId)).toEqual([]);
    expect(await eventsOf(stage, run)).toEqual(['workflow_started', 'workflow_cancelled']);
  });
});

describe('cancelRun', () => {
  it('says who was first, and the row names them', async () => {
    stage.nodes.set('stubborn', async (task, signal) => {
      await runsUntilStopped(task, signal).catch(() => undefined);
      await letGo.script(task, new AbortController().signal);
      throw signal.reason as Error;
    });
    const letGo = aLatch();
    const run = await stage.start(aDefinition([aBashNode('stubborn')]));
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('run stubborn.1'));
    const { runId } = run.request;
    expect(await cancel(run, { by: 'ann', reason: 'wrong branch' })).toEqual({ runId, isFirst: true });
    expect(await cancel(run, { by: 'bob' })).toEqual({ runId, isFirst: false });
    await letGo.reached;
    expect((await recordOf(stage, runId))?.status).toBe('running');
    letGo.open();
    expect(await endOf(stage, run)).toMatchObject(CANCELLED);
    expect((await recordOf(stage, runId))?.metadata).toMatchObject({
      signalbox: { cancellation: { by: 'ann', reason: 'wrong branch', nodeId: null }, isRejected: false },
    });
  });

  it.each([['a text'], [[]], [{ by: 7 }]])('refuses %j as its message', async (message) => {
    const run = await stage.start(aDefinition([aGate('review')]));
    await untilWaiting(run, 'review');
    await expect(cancel(run, message as never)).rejects.toMatchObject({ code: 'USAGE' });
    expect(await cancel(run)).toMatchObject({ isFirst: true });
    expect(await endOf(stage, run)).toMatchObject(CANCELLED);
  });

  it('comes too late while the run closes', async () => {
    stage.nodes.set('only', (task, signal) => {
      stage.table.isAway = true;
      return fails('no')(task, signal);
    });
    const run = await stage.start(aDefinition([aBashNode('only')]));
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('close box'));
    await expect(cancel(run)).rejects.toMatchObject({ code: 'RUN_CLOSED' });
    stage.table.isAway = false;
    stage.nodes.delete('only');
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'FAILED' });
  });
});

describe('a cancel node', () => {
  const definition = aDefinition([
    aCancelNode('stop', { reason: 'nothing to do for $ARGUMENTS' }),
    aBashNode('sibling'),
    aBashNode('after', { needs: ['sibling'] }),
  ]);

  it('ends the run as cancelled once its siblings have finished', async () => {
    const sibling = aLatch();
    stage.nodes.set('sibling', sibling.script);
    const run = await stage.start(definition);
    await sibling.reached;
    sibling.open();
    expect(await endOf(stage, run)).toMatchObject(CANCELLED);
    expect(await eventsOf(stage, run)).toEqual([
      'workflow_started',
      'node_started sibling',
      'node_completed sibling',
      'workflow_cancelled stop',
    ]);
  });

  it('gives way to a person who wants the siblings stopped too', async () => {
    stage.nodes.set('sibling', runsUntilStopped);
    const run = await stage.start(definition);
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('run sibling.1'));
    expect(await cancel(run, { by: 'ann' })).toMatchObject({ isFirst: false });
    expect(await endOf(stage, run)).toMatchObject(CANCELLED);
    expect(await eventsOf(stage, run)).toContain('node_failed sibling');
  });
});
