import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { ExecutionDetails, ExecutionEnd, ExecutionFacts, OpenActivity } from '../../ports/executions.js';

type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;
type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Temporal's numbers for an activity that a worker has in hand: started, asked to cancel, asked to pause. */
const UNDER_WAY: readonly unknown[] = [2, 3, 5];

export function toFacts({ workflowId, runId, status }: WorkflowExecutionDescription): ExecutionFacts {
  return {
    temporalWorkflowId: workflowId,
    temporalRunId: runId,
    isOpen: status.name === 'RUNNING' || status.name === 'PAUSED',
    statusName: status.name,
  };
}

export function toDetails(description: WorkflowExecutionDescription): ExecutionDetails {
  const { memo, raw, status } = description;
  const runId = memo?.['runId'];
  return {
    ...toFacts(description),
    runId: typeof runId === 'string' ? runId : null,
    isPaused: status.name === 'PAUSED',
    workflowTaskAttempt: raw.pendingWorkflowTask?.attempt ?? 0,
    openActivities: (raw.pendingActivities ?? []).map(toOpenActivity),
  };
}

function toOpenActivity({ activityId, state, paused, lastWorkerIdentity }: PendingActivity): OpenActivity {
  return {
    activityId: activityId ?? '',
    isUnderWay: UNDER_WAY.includes(state),
    isPaused: paused ?? false,
    lastWorkerIdentity: lastWorkerIdentity ?? '',
  };
}

/** @param last event of a closed execution's history */
export function toEnd(last: HistoryEvent): ExecutionEnd {
  const terminated = last.workflowExecutionTerminatedEventAttributes;
  const failed = last.workflowExecutionFailedEventAttributes;
  const successors = [
    last.workflowExecutionContinuedAsNewEventAttributes,
    last.workflowExecutionCompletedEventAttributes,
    last.workflowExecutionTimedOutEventAttributes,
    failed,
  ];
  const successor = successors.map((attributes) => attributes?.newExecutionRunId).find((runId) => runId);
  return {
    by: terminated?.identity || null,
    reason: terminated?.reason || failed?.failure?.message || null,
    successorRunId: successor ?? null,
  };
}
