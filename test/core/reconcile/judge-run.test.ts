import { describe, expect, it } from 'vitest';
import type { RunId } from '../../../src/core/ids.js';
import { judgeRun, type SeenEnd, type SeenExecution } from '../../../src/core/reconcile/judge-run.js';

const runId = '7c1f2a9e-0000-4000-8000-000000000000' as RunId;
const execution = (over: Partial<SeenExecution> = {}): SeenExecution => ({
  temporalRunId: 'execution',
  runId,
  isOpen: over.statusName === undefined,
  statusName: 'RUNNING',
  isPaused: false,
  workflowTaskAttempt: 0,
  openActivities: [],
  ...over,
});
const judge = (seen: SeenExecution | null, end: SeenEnd | null = null, isMirrorOpen = false) =>
  judgeRun({ runId, execution: seen, end, isMirrorOpen });
const kindsOf = (seen: Partial<SeenExecution>): readonly string[] => {
  const verdict = judge(execution(seen));
  return verdict.kind === 'goesOn' ? verdict.troubles.map(({ kind }) => kind) : [verdict.kind];
};

describe('a run whose execution has ended', () => {
  const by = { by: 'temporal-cli:me@laptop', reason: 'it ran wild' };
  const nothing = { by: null, reason: null };
  it.each([
    ['TERMINATED', by, 'cancelled', by.by, 'terminated in Temporal: it ran wild'],
    ['TERMINATED', nothing, 'cancelled', null, 'terminated in Temporal'],
    ['TIMED_OUT', nothing, 'failed', null, 'its Temporal execution has timed out'],
    ['COMPLETED', nothing, 'completed', null, 'the run has completed'],
    ['FAILED', { by: null, reason: 'broken' }, 'failed', null, 'broken'],
    ['FAILED', nothing, 'failed', null, 'the run has failed'],
    ['CANCELLED', nothing, 'cancelled', null, 'cancelled in Temporal'],
    ['CONTINUED_AS_NEW', nothing, 'cancelled', null, 'Temporal does not know the execution that went on'],
    ['UNKNOWN', nothing, 'cancelled', null, 'cancelled in Temporal'],
  ])('%s with %j is %s', (...[statusName, end, status, who, reason]) => {
    const verdict = judge(execution({ statusName }), end);
    expect(verdict).toMatchObject({ kind: 'ended', ending: { status, by: who } });
    expect(verdict.kind === 'ended' && verdict.ending.reason).toContain(reason);
  });

  it('is cancelled when Temporal knows nothing of it', () => {
    expect(judge(null)).toMatchObject({ kind: 'ended', ending: { status: 'cancelled', by: null } });
  });

  it.each(['COMPLETED', 'FAILED', 'CANCELLED'])(
    '%s is left to a child that writes its mirror',
    (statusName) => {
      expect(judge(execution({ statusName }), null, true)).toEqual({ kind: 'goesOn', troubles: [] });
    },
  );

  it('TERMINATED is not: no child of its own knows of it', () => {
    expect(judge(execution({ statusName: 'TERMINATED' }), null, true)).toMatchObject({ kind: 'ended' });
  });
});

describe('an open run', () => {
  it('without hindrance has no troubles', () => {
    expect(kindsOf({})).toEqual([]);
    expect(
      kindsOf({ workflowTaskAttempt: 3, openActivities: [{ activityId: 'a.1', isPaused: false }] }),
    ).toEqual([]);
  });

  it('is in trouble when it is paused, when its workflow task fails for ever, when an activity is paused', () => {
    expect(kindsOf({ isPaused: true })).toEqual(['run_paused']);
    expect(kindsOf({ workflowTaskAttempt: 4 })).toEqual(['workflow_task_stuck']);
    const openActivities = [
      { activityId: 'a.1', isPaused: true },
      { activityId: 'b.1', isPaused: false },
      { activityId: 'c.1', isPaused: true },
    ];
    expect(kindsOf({ openActivities })).toEqual(['activity_paused', 'activity_paused']);
  });
});
