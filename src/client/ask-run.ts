import type { Client } from '@temporalio/client';
import { MESSAGES, type RunDescription } from '../contract/messages.js';
import { withDeadline } from './temporal-calls.js';

const QUERY_MS = 1_000;

/** Asks the run itself what it does; null when it is not open, or its worker does not answer in a second. */
export async function askRun(client: Client, temporalWorkflowId: string): Promise<RunDescription | null> {
  try {
    return await withDeadline(client, QUERY_MS, () =>
      client.workflow.getHandle(temporalWorkflowId).query<RunDescription>(MESSAGES.describeQuery),
    );
  } catch {
    return null;
  }
}
