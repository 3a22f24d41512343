import { randomUUID } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { RunStage, StagedRun } from './run-stage.js';

export type History = NonNullable<Awaited<ReturnType<StagedRun['handle']['fetchHistory']>>['events']>;

/** Picks the workflow task that an operator resets to. */
export type WorkflowTask = (events: History) => NonNullable<History[number]['eventId']>;

/** The first workflow task that was completed behind an event of this kind. */
export const taskBehind =
  (isIt: (event: History[number]) => boolean): WorkflowTask =>
  (events) => {
    const from = events.findIndex(isIt);
    return events.slice(from).find((event) => event.workflowTaskCompletedEventAttributes)!.eventId!;
  };

export const beforeAnything = taskBehind(() => true);
export const behindChildStart = taskBehind((event) =>
  Boolean(event.childWorkflowExecutionStartedEventAttributes),
);

/**
 * An operator's reset of the current execution under an ID. Decisions that were made after the task are not made again
 * by Temporal.
 * @returns Temporal's id of the execution that it made
 */
export async function resetExecution(
  client: Client,
  handle: Pick<WorkflowHandle, 'workflowId' | 'fetchHistory' | 'describe'>,
  task: WorkflowTask,
): Promise<string> {
  const { runId } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const made = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: handle.workflowId, runId },
    workflowTaskFinishEventId: task(events!),
    requestId: randomUUID(),
    reason: 'an operator wanted to',
    resetReapplyType: temporal.api.enums.v1.ResetReapplyType.RESET_REAPPLY_TYPE_NONE,
  });
  return made.runId;
}

/**
 * The same of a run on a stage.
 * @returns the run in the execution that it made, whose id is `executionId`
 */
export async function resetRun(
  { environment: { client } }: Pick<RunStage, 'environment'>,
  { handle, request }: StagedRun,
  task: WorkflowTask,
): Promise<StagedRun & { readonly executionId: string }> {
  const { firstExecutionRunId, workflowId } = handle;
  const executionId = await resetExecution(client, client.workflow.getHandle(workflowId), task);
  const newest = client.workflow.getHandle(workflowId, executionId);
  return { request, handle: Object.assign(newest, { firstExecutionRunId }), executionId };
}
