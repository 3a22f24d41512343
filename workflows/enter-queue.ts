import {
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { QUEUE_MESSAGES, type QueueInput } from '../src/contract/queue-workflow.js';
import { WORKFLOW_TYPES } from '../src/contract/run-workflow.js';
import { queueWorkflowId } from '../src/contract/workflow-id.js';
import type { StartRequest } from '../src/contract/start-request.js';
import type { QueueEntry } from '../src/core/queue/queue-state.js';
import { isTold } from './tell-workflow.js';

/** Whoever starts a workflow for others only lends it its name: it lives on, whatever becomes of the starter. */
export const ON_ITS_OWN = {
  parentClosePolicy: ParentClosePolicy.ABANDON,
  cancellationType: ChildWorkflowCancellationType.ABANDON,
} as const;

/** Takes a place in the queue of a path, and makes the queue if there is none. Repeating it changes nothing. */
export async function enterQueue(
  { hostId, workingPath }: Pick<StartRequest, 'hostId' | 'workingPath'>,
  entry: QueueEntry,
): Promise<void> {
  const workflowId = queueWorkflowId(hostId, workingPath);
  const input: QueueInput = { hostId, workingPath, entries: [entry] };
  for (;;) {
    if (await isMade(workflowId, input)) return;
    if (await isTold(workflowId, QUEUE_MESSAGES.enterSignal, entry)) return;
    // It closed between the two: nobody waited any more.
  }
}

/** @returns false: there is one already */
async function isMade(workflowId: string, input: QueueInput): Promise<boolean> {
  const title = `queue · ${input.workingPath}`;
  try {
    await startChild(WORKFLOW_TYPES.queue, {
      ...ON_ITS_OWN,
      workflowId,
      taskQueue: workflowInfo().taskQueue,
      args: [input],
      memo: { hostId: input.hostId, workingPath: input.workingPath, title },
      staticSummary: title,
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}
