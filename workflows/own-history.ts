import { condition, patched, workflowInfo } from '@temporalio/workflow';

/** Stands in histories: it may never change. */
const MARKER = 'own-history';

/**
 * For an execution that an operator's reset made: settles at the first moment of which its history, copied
 * from the execution before, does not tell. A marker keeps the moment, so that a replay finds it again; one
 * outside of a worker does not, since Temporal's tools replay a reset execution under the name of the first.
 */
export function ownHistoryBegins(): Promise<void> {
  return condition(() => patched(MARKER));
}

/** Whether what happens now was done by the execution before a reset, whose history this one has. */
export function isInherited(): boolean {
  const { runId, originalExecutionRunId } = workflowInfo();
  return runId !== originalExecutionRunId && !patched(MARKER);
}
