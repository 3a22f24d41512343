import { describe, expect, it } from 'vitest';
import { endingWrite } from '../../../src/core/reconcile/ending-write.js';
import { troublesIn } from '../../../src/core/reconcile/trouble.js';

const AT = '2026-11-22T09:00:00.000Z';

describe('the last write of a run that ended without its own', () => {
  it('says who cancelled it and why, and keeps what the row says beside', () => {
    const metadata = {
      approval: { nodeId: 'review' },
      signalbox: { startedBy: 'me@laptop', gates: [{ nodeId: 'review' }] },
      signalbox_troubles: [{ kind: 'run_paused', text: 'paused' }],
    };
    const { row, event } = endingWrite({ status: 'cancelled', by: 'me', reason: 'wild' }, metadata, AT);
    expect(row).toEqual({
      status: 'cancelled',
      metadata: {
        error: null,
        approval: null,
        signalbox: {
          startedBy: 'me@laptop',
          gates: [],
          cancellation: { by: 'me', reason: 'wild', nodeId: null },
          failureCode: null,
        },
        signalbox_troubles: [],
      },
      completedAt: AT,
      lastActivityAt: AT,
    });
    expect(event).toEqual({
      seq: 1,
      eventType: 'workflow_cancelled',
      nodeName: null,
      data: { reason: 'wild', signalbox: { by: 'me' } },
      createdAt: AT,
    });
  });

  it('says why it failed', () => {
    const { row, event } = endingWrite({ status: 'failed', by: null, reason: 'timed out' }, {}, AT);
    expect(row.metadata).toMatchObject({ error: 'timed out', signalbox: { failureCode: 'RUN_FAILED' } });
    expect(event).toMatchObject({ eventType: 'workflow_failed', data: { error: 'timed out' } });
  });

  it('leaves a decision alone that was made', () => {
    const metadata = { approval: { nodeId: 'review', resolved: 'approved' } };
    const { row, event } = endingWrite({ status: 'completed', by: null, reason: '' }, metadata, AT);
    expect(row.metadata).not.toHaveProperty('approval');
    expect(event.eventType).toBe('workflow_completed');
  });
});

describe('the troubles in metadata', () => {
  it('are those that are understood', () => {
    const understood = { kind: 'run_paused', text: 'paused' };
    expect(troublesIn({ signalbox_troubles: [understood, { kind: 1 }, 'x', null] })).toEqual([understood]);
    expect([troublesIn({}), troublesIn({ signalbox_troubles: 'x' })]).toEqual([[], []]);
  });
});
