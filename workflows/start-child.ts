import {
  CancellationScope,
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  sleep,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { MESSAGES, type CancelSignal } from '../src/contract/messages.js';
import { runStart } from '../src/contract/run-start.js';
import { WORKFLOW_TYPES, type RunResult } from '../src/contract/run-workflow.js';
import type { StartRequest } from '../src/contract/start-request.js';
import { wordsOfSuccession } from '../src/core/subrun/words-for-child.js';

/** How often, and how long, a child of an earlier generation that is just being ended is waited for. */
const AGAIN_MS = 500;
const TRIES = 60;
/** Who holds the path of a worktree may hold it for long. */
const TRIES_APART = 10;

/** Its parent's end, however it comes, asks it to end in its one way. */
const AS_CHILD = {
  parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const;

export type Run = (request: StartRequest) => Promise<RunResult>;

/** Starts a sub-run as soon as nobody has its ID any more, within a time. */
export async function startWhenFree(request: StartRequest): Promise<ChildWorkflowHandle<Run>> {
  const { memo, ...start } = runStart(request);
  const tries = isApart(request) && !mayBeItsOwn(request) ? TRIES_APART : TRIES;
  const begin = () => startChild<Run>(WORKFLOW_TYPES.run, { ...start, ...AS_CHILD, memo: { ...memo } });
  for (let tried = 1; ; tried += 1) {
    try {
      return await CancellationScope.nonCancellable(begin);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || tried === tries) throw error;
    }
    if (tried === 1) await askToGo(request, start.workflowId).catch(ignoreUnlessCancelled);
    await sleep(AGAIN_MS, { summary: 'wait for an earlier sub-run to end' });
  }
}

/**
 * Asks one that an ended generation of the parent has left, which may be gone already. Under the ID of a path it may be
 * anybody's, so that it has to find out by itself whether it is meant.
 */
async function askToGo({ parent }: StartRequest, workflowId: string): Promise<void> {
  const former = getExternalWorkflowHandle(workflowId);
  if (parent === undefined || parent.root !== null) return former.cancel();
  const why: CancelSignal = { ...wordsOfSuccession(parent.runId), ofParent: parent.runId };
  return former.signal(MESSAGES.cancelSignal, why);
}

/** Who holds its path may be what an earlier generation of its parent has left, and takes its time to end. */
function mayBeItsOwn({ resume }: StartRequest): boolean {
  const { runId, originalExecutionRunId } = workflowInfo();
  return resume !== null || runId !== originalExecutionRunId;
}

/** It has a worktree of its own, whose path it holds. */
export function isApart({ parent }: StartRequest): boolean {
  return parent?.root === null;
}

function ignoreUnlessCancelled(error: unknown): void {
  if (isCancellation(error)) throw error;
}
