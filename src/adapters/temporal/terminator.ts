import type { Client } from '@temporalio/client';
import type { Terminator } from '../../ports/path-locks.js';
import { asking } from './asked.js';

/** @param address for messages */
export function makeTerminator(client: Client, address: string): Terminator {
  const ask = asking(client, address);
  return {
    terminate: async ({ temporalWorkflowId, temporalRunId }, reason) => {
      await ask(`terminate ${temporalWorkflowId}`, () =>
        client.workflow.getHandle(temporalWorkflowId, temporalRunId).terminate(reason),
      );
    },
  };
}
