import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MESSAGES } from '../../src/contract/messages.js';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { aLatch } from '../support/node-scripts.js';
import { decide, endOf, eventsOf, lifetimeMs, recordOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, type RunStage } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

const SEVEN_DAYS_MS = 7 * 24 * 3_600_000;

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());

const oneGate = aDefinition([
  aGate('review', { message: 'Ship $build.output?', needs: ['build'] }),
  aBashNode('build'),
  aBashNode('ship', { needs: ['review'] }),
]);
const timedGate = aDefinition([
  aGate('review', { timeoutMs: SEVEN_DAYS_MS }),
  aBashNode('ship', { needs: ['review'] }),
]);
const twoGates = aDefinition([
  aGate('security', { message: 'Safe?' }),
  aGate('design', {
    message: 'Pretty?',
    decisions: [
      { id: 'yes', label: null },
      { id: 'later', label: 'Later' },
    ],
  }),
  aBashNode('ship', { needs: ['security', 'design'] }),
]);

describe('a gate', () => {
  it('pauses the run, row and all, until it is decided', async () => {
    const run = await stage.start(oneGate);
    const { status, waiting } = await untilWaiting(run, 'review');
    expect(status).toBe('paused');
    expect(waiting).toMatchObject([{ message: 'Ship build?', decisions: ['approve', 'reject'] }]);
    const answer = await decide(run, { decision: 'approve', by: 'ann' });
    expect(answer).toEqual({ runId: run.request.runId, nodeId: 'review', decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect(stage.journalOf(run.request.runId)).toContain('write row paused');
    expect(await eventsOf(stage, run)).toEqual([
      'workflow_started',
      'node_started build',
      'node_completed build',
      'approval_requested review',
      'node_completed review',
      'approval_received review',
      'node_started ship',
      'node_completed ship',
      'workflow_completed',
    ]);
  });

  it('fails its run when nobody decides within seven days', async () => {
    const run = await stage.start(timedGate);
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', code: 'RUN_FAILED', row: 'failed' });
    expect(end.message).toContain(`Gate 'review' was not decided within ${SEVEN_DAYS_MS} ms`);
    expect(await lifetimeMs(run)).toBeGreaterThanOrEqual(SEVEN_DAYS_MS);
    const failed = (await stage.table.events(run.request.runId)).find(
      (one) => one.eventType === 'node_failed',
    );
    expect(failed).toMatchObject({ nodeName: 'review', data: { signalbox: { code: 'GATE_TIMED_OUT' } } });
  });

  it('that is decided in time does not time out, and leaves no timer behind', async () => {
    const run = await stage.start(timedGate);
    await untilWaiting(run, 'review');
    await decide(run, { decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
    const { events } = await run.handle.fetchHistory();
    expect(events!.map((event) => event.timerCanceledEventAttributes).filter(Boolean)).toHaveLength(1);
  });

  it('takes its decision by signal as well; a signal that it refuses changes nothing', async () => {
    const run = await stage.start(oneGate);
    await untilWaiting(run, 'review');
    await run.handle.signal(MESSAGES.decideSignal, { decision: 'perhaps' });
    await run.handle.signal(MESSAGES.decideSignal, 'approve');
    await untilWaiting(run, 'review');
    await run.handle.signal(MESSAGES.decideSignal, { decision: 'approve', by: 'ann' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
  });

  it.each([
    ['an undeclared decision', { decision: 'perhaps' }, 'DECISION_UNDECLARED'],
    ['a node that is no gate', { nodeId: 'build', decision: 'approve' }, 'GATE_NOT_WAITING'],
    ['a node that does not exist', { nodeId: 'nowhere', decision: 'approve' }, 'GATE_NOT_WAITING'],
    ['no decision', { text: 'hello' }, 'USAGE'],
    ['a bare text', 'approve', 'USAGE'],
    ['nothing', null, 'USAGE'],
    ['a text that is a number', { decision: 'approve', text: 7 }, 'USAGE'],
    ['a text with NUL', { decision: 'approve', text: 'a\0b' }, 'MESSAGE_INVALID'],
    ['a text above 16 KiB', { decision: 'approve', text: 'é'.repeat(9_000) }, 'MESSAGE_INVALID'],
  ])('refuses %s, and goes on waiting', async (_what, message, code) => {
    const run = await stage.start(oneGate);
    await untilWaiting(run, 'review');
    await expect(decide(run, message as never)).rejects.toMatchObject({ code });
    await untilWaiting(run, 'review');
    await run.handle.terminate();
  });

  it('refuses who comes before it has opened', async () => {
    const building = aLatch();
    stage.nodes.set('slow', building.script);
    const run = await stage.start(aDefinition([aBashNode('slow'), aGate('review', { needs: ['slow'] })]));
    await building.reached;
    await expect(decide(run, { nodeId: 'review', decision: 'approve' })).rejects.toMatchObject({
      code: 'GATE_NOT_WAITING',
    });
    building.open();
    await untilWaiting(run, 'review');
    await decide(run, { nodeId: 'review', decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
  });
});

describe('several gates at once', () => {
  it('have to be named, and are listed to whoever does not', async () => {
    const run = await stage.start(twoGates);
    await untilWaiting(run, 'security', 'design');
    await expect(decide(run, { decision: 'approve' })).rejects.toMatchObject({
      code: 'GATE_AMBIGUOUS',
      message: expect.stringMatching(
        /security \(approve, reject\); design \(yes, later "Later", reject\)/,
      ) as string,
    });
    await decide(run, { nodeId: 'security', decision: 'approve' });
    // One is left: it need not be named.
    expect(await decide(run, { decision: 'later', text: 'on Monday' })).toMatchObject({ nodeId: 'design' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
  });

  it('are each decided once: the first decision stands', async () => {
    const run = await stage.start(twoGates);
    await untilWaiting(run, 'security', 'design');
    const answers = await Promise.allSettled(
      ['ann', 'bob', 'cat'].map((by) => decide(run, { nodeId: 'security', decision: 'approve', by })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected')
        expect(answer.reason).toMatchObject({ code: 'DECISION_ALREADY_MADE' });
    }
    await expect(decide(run, { nodeId: 'security', decision: 'reject' })).rejects.toMatchObject({
      code: 'DECISION_ALREADY_MADE',
    });
    await untilWaiting(run, 'design');
    await decide(run, { decision: 'yes' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
    const received = (await eventsOf(stage, run)).filter((event) => event.startsWith('approval_received'));
    expect(received).toEqual(['approval_received security', 'approval_received design']);
  });

  it('show the first in the row, and after its decision the next', async () => {
    const run = await stage.start(twoGates);
    await untilWaiting(run, 'security', 'design');
    await decide(run, { nodeId: 'security', decision: 'approve' });
    await decide(run, { nodeId: 'design', decision: 'yes' });
    await endOf(stage, run);
    const { metadata } = (await recordOf(stage, run.request.runId))!;
    expect(metadata).toMatchObject({ approval: { nodeId: 'design', resolved: 'approved' } });
  });
});

describe('a decision', () => {
  it('that is sent again under the same update id gets the same answer and changes nothing', async () => {
    const run = await stage.start(oneGate);
    await untilWaiting(run, 'review');
    const first = await decide(run, { decision: 'approve', by: 'ann' }, 'decision-1');
    const again = await decide(run, { decision: 'reject', by: 'bob' }, 'decision-1');
    expect(again).toEqual(first);
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
  });

  it('to reject ends the run as cancelled, and the row says that a reviewer did it', async () => {
    const run = await stage.start(oneGate);
    await untilWaiting(run, 'review');
    await decide(run, { decision: 'reject', text: 'not yet', by: 'ann' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
    const { metadata } = (await recordOf(stage, run.request.runId))!;
    expect(metadata).toMatchObject({
      rejection_reason: 'not yet',
      signalbox: { isRejected: true, cancellation: { by: 'ann', reason: 'not yet', nodeId: 'review' } },
    });
    const { events } = await run.handle.fetchHistory();
    const asked = events!.flatMap((event) => event.workflowExecutionCancelRequestedEventAttributes ?? []);
    expect(asked).toMatchObject([{ cause: 'cancelled by ann: not yet' }]);
  });
});
