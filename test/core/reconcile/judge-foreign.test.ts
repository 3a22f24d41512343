import { describe, expect, it } from 'vitest';
import { judgeForeign, type ForeignChange } from '../../../src/core/reconcile/judge-foreign.js';

/** A row that waits at a gate, as we wrote it. */
const row = (over: Partial<ForeignChange> = {}): ForeignChange => ({
  status: 'paused',
  openGate: 'review',
  approval: { nodeId: 'review' },
  received: null,
  completed: null,
  ...over,
});
const resolved = (how: string, over: Partial<ForeignChange> = {}): ForeignChange =>
  row({ approval: { nodeId: 'review', resolved: how }, ...over });

describe("what Archon's tools wrote", () => {
  it.each<[string, ForeignChange, object]>([
    [
      'approve with a comment',
      resolved('approved', { received: { decision: 'approved', comment: 'good' } }),
      { decision: 'approve', text: 'good' },
    ],
    [
      'approve where decisions are declared',
      resolved('approved', {
        received: { decision: 'approved', comment: 'Approved' },
        completed: { structured_output: { decision: 'approve', text: '' } },
      }),
      { decision: 'approve', text: '' },
    ],
    [
      'respond with a declared decision',
      resolved('approved', {
        received: { decision: 'later', comment: 'later' },
        completed: { structured_output: { decision: 'later', text: 'on Monday' } },
      }),
      { decision: 'later', text: 'on Monday' },
    ],
    [
      'respond with a decision whose name is that of a record',
      resolved('approved', {
        received: { decision: 'approved', comment: 'approved' },
        completed: { structured_output: { decision: 'approved', text: '' } },
      }),
      { decision: 'approved', text: '' },
    ],
    [
      'reject where it is declared',
      resolved('rejected', {
        received: { decision: 'rejected', reason: 'no' },
        completed: { structured_output: { decision: 'reject', text: 'no' } },
      }),
      { decision: 'reject', text: 'no' },
    ],
    ['a decision without its event', resolved('rejected'), { decision: 'reject', text: null }],
    [
      'a reject that ended the run',
      row({ status: 'cancelled', received: { decision: 'rejected', reason: 'no' } }),
      { decision: 'reject', text: 'no' },
    ],
  ])('%s is that decision', (_name, change, decision) => {
    expect(judgeForeign(change)).toEqual({ kind: 'decide', nodeId: 'review', ...decision });
  });

  it.each<[string, ForeignChange]>([
    ['an abandon at a gate', row({ status: 'cancelled' })],
    ['an abandon of a run that works', row({ status: 'cancelled', openGate: null, approval: null })],
    [
      'an abandon after an older reject of a gate that is not open',
      row({ status: 'cancelled', openGate: null, received: { decision: 'rejected' } }),
    ],
  ])('%s is a cancellation', (_name, change) => {
    expect(judgeForeign(change)).toEqual({ kind: 'cancel', reason: "cancelled with Archon's tools" });
  });

  it.each<[string, ForeignChange]>([
    ['a gate that nobody decided', row()],
    ['a decision at another gate', row({ approval: { nodeId: 'earlier', resolved: 'approved' } })],
    ['a running row', row({ status: 'running', openGate: null, approval: null })],
  ])('%s tells nothing', (_name, change) => {
    expect(judgeForeign(change)).toBeNull();
  });
});
