import { randomUUID } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import type { RunStage, StagedRun } from './run-stage.js';

export type History = NonNullable<Awaited<ReturnType<StagedRun['handle']['fetchHistory']>>['events']>;

/** Picks the workflow task that an operator resets to. */
export type WorkflowTask = (events: History) => NonNullable<History[number]['eventId']>;

/**
 * An operator's reset: the run does that task, and all that followed, again. Decisions that were made after it are
 * not made again by Temporal.
 * @returns the run in the execution that it made, whose id is `executionId`
 */
export async function resetRun(
  { environment: { client, namespace = 'default' } }: Pick<RunStage, 'environment'>,
  { handle, request }: StagedRun,
  task: WorkflowTask,
): Promise<StagedRun & { readonly executionId: string }> {
  const { firstExecutionRunId, workflowId } = handle;
  const { runId } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const { runId: executionId } = await client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: task(events!),
    requestId: randomUUID(),
    reason: 'an operator wanted to',
    resetReapplyType: temporal.api.enums.v1.ResetReapplyType.RESET_REAPPLY_TYPE_NONE,
  });
  const newest = client.workflow.getHandle(workflowId, executionId);
  return { request, handle: Object.assign(newest, { firstExecutionRunId }), executionId };
}
