import { Context } from '@temporalio/activity';
import { toFailure } from '../src/contract/failure.js';
import { WORKFLOW_TYPES } from '../src/contract/run-workflow.js';
import { RunError } from '../src/core/errors.js';
import type { ExecutionName } from '../src/ports/executions.js';

const OURS: readonly (string | undefined)[] = Object.values(WORKFLOW_TYPES);

/**
 * Wraps an activity so that it serves our workflows only, and speaks our errors to Temporal.
 * Anybody who reaches the namespace can start an activity by hand; it would run commands as the worker.
 */
export function insideRun<Input, Result>(
  activity: (input: Input) => Promise<Result>,
): (input: Input) => Promise<Result> {
  return async (input) => {
    try {
      callingExecution();
      return await activity(input);
    } catch (error) {
      throw error instanceof RunError ? toFailure(error) : error;
    }
  };
}

/**
 * The execution of ours that the activity works for.
 * @throws RunError `ACTIVITY_OUTSIDE_RUN`
 */
export function callingExecution(): ExecutionName {
  const { workflowExecution, workflowType, activityType } = Context.current().info;
  if (workflowExecution === undefined || !OURS.includes(workflowType)) {
    throw new RunError(
      'ACTIVITY_OUTSIDE_RUN',
      `activity ${activityType} serves signalbox runs only, and was started by ${workflowType ?? 'hand'}; nothing was done. Start runs with signalbox run`,
    );
  }
  return { temporalWorkflowId: workflowExecution.workflowId, temporalRunId: workflowExecution.runId };
}
