import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Activities } from '../../src/contract/activities.js';
import { MESSAGES, type RunDescription } from '../../src/contract/messages.js';
import type { RunResult } from '../../src/contract/run-workflow.js';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { resetRun, type History, type WorkflowTask } from '../support/reset-run.js';
import { decide, endOf, eventsOf, recordOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { devServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer());
});
afterAll(() => stage.tearDown());
beforeEach(() => stage.nodes.clear());

const definition = aDefinition([
  aBashNode('build'),
  aGate('review', { needs: ['build'] }),
  aBashNode('ship', { needs: ['review'] }),
]);

/** The nth workflow task that was completed, from the front or from the back. */
const nthTask =
  (nth: number): WorkflowTask =>
  (events) =>
    events.filter((event) => event.workflowTaskCompletedEventAttributes).at(nth)!.eventId!;

/** The workflow task in which an activity was scheduled for the first time. */
const scheduling =
  (activity: keyof Activities): WorkflowTask =>
  (events) =>
    events
      .map((event) => event.activityTaskScheduledEventAttributes)
      .find((scheduled) => scheduled?.activityType?.name === activity)!.workflowTaskCompletedEventId!;

/** The history of a run once its row is written and nothing is left to do. */
const quietHistoryOf = ({ handle }: StagedRun): Promise<History> =>
  eventually(async () => {
    const events = (await handle.fetchHistory()).events!;
    const named = (name: string) =>
      events.some((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === name);
    const { raw } = await handle.describe();
    expect(named('writeMirror')).toBe(true);
    expect(raw.pendingActivities ?? []).toEqual([]);
    expect(events.at(-1)?.workflowTaskCompletedEventAttributes).toBeTruthy();
    return events;
  });

/** What a worker says of the run that has only its history. @throws when it would do something else */
async function statusAfterReplay({ handle }: StagedRun): Promise<string> {
  await stage.restartWorker();
  return (await handle.query<RunDescription>(MESSAGES.describeQuery)).status;
}

const epochsOf = ({ request }: StagedRun): readonly string[] => [
  ...new Set(stage.writes.filter(({ runId }) => runId === request.runId).map(({ epoch }) => epoch)),
];

describe('an operator’s reset', () => {
  it('of a closed run behind its first write opens its row again, under a new epoch', async () => {
    const run = await stage.start(definition);
    await untilWaiting(run, 'review');
    await decide(run, { decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    const before = await eventsOf(stage, run);
    expect(epochsOf(run)).toHaveLength(1);

    const again = await resetRun(stage, run, scheduling('closeRun'));
    const end = await endOf(stage, again);
    expect(end).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect((end.result as RunResult).runId).toBe(run.request.runId);
    expect(epochsOf(run)).toHaveLength(2);
    // What both executions tell may stand there twice; nothing that either tells is lost.
    const after = await eventsOf(stage, run);
    expect(new Set(after)).toEqual(new Set(before));
    expect(after.filter((event) => event === 'workflow_completed')).toHaveLength(2);
  });

  it('to the very end changes nothing', async () => {
    const run = await stage.start(definition);
    await untilWaiting(run, 'review');
    await decide(run, { decision: 'approve' });
    await endOf(stage, run);
    const before = await recordOf(stage, run.request.runId);
    const again = await resetRun(stage, run, nthTask(-1));
    expect(await endOf(stage, again)).toMatchObject({ temporal: 'COMPLETED' });
    expect(await recordOf(stage, run.request.runId)).toEqual(before);
  });

  it.each<[string, WorkflowTask]>([
    ['in which its row was sent', scheduling('writeMirror')],
    ['after which nothing happened any more', nthTask(-1)],
  ])('to a gate that waited, and the task %s, pauses the run again', async (_what, task) => {
    const run = await stage.start(definition);
    await untilWaiting(run, 'review');
    const atGate = await quietHistoryOf(run);
    await decide(run, { decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ row: 'completed' });

    const again = await resetRun(stage, run, () => task(atGate));
    await untilWaiting(again, 'review');
    await eventually(async () => expect((await recordOf(stage, run.request.runId))?.status).toBe('paused'));
    expect(await statusAfterReplay(again)).toBe('paused');
    await decide(again, { decision: 'reject', by: 'ann' });
    expect(await endOf(stage, again)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
    expect(epochsOf(run)).toHaveLength(2);
    expect(await statusAfterReplay(again)).toBe('cancelled');

    const third = await resetRun(stage, again, nthTask(-1));
    expect(await endOf(stage, third)).toMatchObject({ row: 'cancelled' });
    expect(await statusAfterReplay(third)).toBe('cancelled');
  });

  it('to the very beginning opens a generation of its own, though the run id is known', async () => {
    const run = await stage.start(definition);
    await untilWaiting(run, 'review');
    const again = await resetRun(stage, run, nthTask(0));
    await untilWaiting(again, 'review');
    expect(
      stage.tasks.filter(({ runId }) => runId === run.request.runId).map(({ nodeId }) => nodeId),
    ).toEqual(['build', 'build']);
    const tokens = stage.owners
      .filter(({ runId }) => runId === run.request.runId)
      .map((owner) => owner.fenceToken);
    expect(tokens).toEqual([run.handle.firstExecutionRunId, again.executionId]);
    await decide(again, { decision: 'approve' });
    expect(await endOf(stage, again)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
  });
});
