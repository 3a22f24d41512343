import { getExternalWorkflowHandle, isCancellation } from '@temporalio/workflow';

/**
 * Signals another workflow and waits until the signal is in its history.
 * @returns false: no execution under the ID is open, or it takes no more signals
 */
export async function isTold(workflowId: string, signal: string, message: object): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(signal, message);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}
