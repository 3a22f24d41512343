import { startChild } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { runStart } from '../src/contract/run-start.js';
import { WORKFLOW_TYPES } from '../src/contract/run-workflow.js';
import type { StartRequest } from '../src/contract/start-request.js';
import type { TicketResult } from '../src/contract/ticket-workflow.js';
import { ON_ITS_OWN } from './enter-queue.js';

/**
 * Asks Temporal to start the run, as a client would: under the ID that is the lease, and only if nobody
 * holds it. One start of a ticket is one start for Temporal, however often it is delivered.
 * @returns null: somebody holds the path
 */
export async function startQueuedRun(request: StartRequest): Promise<TicketResult | null> {
  const start = runStart(request);
  try {
    const { workflowId, firstExecutionRunId } = await startChild(WORKFLOW_TYPES.run, {
      ...start,
      ...ON_ITS_OWN,
      memo: { ...start.memo },
    });
    const { runId } = request;
    return { kind: 'started', runId, temporalWorkflowId: workflowId, temporalRunId: firstExecutionRunId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}
