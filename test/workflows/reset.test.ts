import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/contract/run-workflow.js';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
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

type History = NonNullable<Awaited<ReturnType<StagedRun['handle']['fetchHistory']>>['events']>;
type WorkflowTask = (events: History) => NonNullable<History[number]['eventId']>;

/** The nth workflow task that was completed, from the front or from the back. */
const nthTask =
  (nth: number): WorkflowTask =>
  (events) =>
    events.filter((event) => event.workflowTaskCompletedEventAttributes).at(nth)!.eventId!;

/** The workflow task in which the end of the run was begun. */
const endingTask: WorkflowTask = (events) =>
  events
    .map((event) => event.activityTaskScheduledEventAttributes)
    .find((scheduled) => scheduled?.activityType?.name === 'closeRun')!.workflowTaskCompletedEventId!;

/** An operator's reset: the run does that task, and all that followed, again. */
async function reset({ handle }: StagedRun, task: WorkflowTask): Promise<string> {
  const { client, namespace = 'default' } = stage.environment;
  const runId = handle.firstExecutionRunId;
  const { events } = await client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
  const answer = await client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId: handle.workflowId, runId },
    workflowTaskFinishEventId: task(events!),
    requestId: randomUUID(),
    reason: 'an operator wanted to',
  });
  return answer.runId;
}

/** The same run in its newest execution. */
const newest = ({ request, handle }: StagedRun, runId: string): StagedRun => ({
  request,
  handle: Object.assign(stage.environment.client.workflow.getHandle(handle.workflowId, runId), {
    firstExecutionRunId: handle.firstExecutionRunId,
  }),
});

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

    const again = newest(run, await reset(run, endingTask));
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
    const again = newest(run, await reset(run, nthTask(-1)));
    expect(await endOf(stage, again)).toMatchObject({ temporal: 'COMPLETED' });
    expect(await recordOf(stage, run.request.runId)).toEqual(before);
  });

  it('to a gate that waited brings the run back paused, and it can be decided differently', async () => {
    const run = await stage.start(definition);
    await untilWaiting(run, 'review');
    const toGate = await workflowTasksOf(run);
    await decide(run, { decision: 'approve' });
    await endOf(stage, run);

    const again = newest(run, await reset(run, nthTask(toGate - 1)));
    await untilWaiting(again, 'review');
    await eventually(async () => expect((await recordOf(stage, run.request.runId))?.status).toBe('paused'));
    await decide(again, { decision: 'reject', by: 'ann' });
    expect(await endOf(stage, again)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
    expect(epochsOf(run)).toHaveLength(2);
  });

  it('to the very beginning opens a generation of its own, though the run id is known', async () => {
    const run = await stage.start(definition);
    await untilWaiting(run, 'review');
    const executionId = await reset(run, nthTask(0));
    const again = newest(run, executionId);
    await untilWaiting(again, 'review');
    expect(
      stage.tasks.filter(({ runId }) => runId === run.request.runId).map(({ nodeId }) => nodeId),
    ).toEqual(['build', 'build']);
    const tokens = stage.owners
      .filter(({ runId }) => runId === run.request.runId)
      .map((owner) => owner.fenceToken);
    expect(tokens).toEqual([run.handle.firstExecutionRunId, executionId]);
    await decide(again, { decision: 'approve' });
    expect(await endOf(stage, again)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
  });
});

/** How many workflow tasks have completed. */
async function workflowTasksOf({ handle }: StagedRun): Promise<number> {
  const { events } = await handle.fetchHistory();
  return events!.filter((event) => event.workflowTaskCompletedEventAttributes).length;
}
