import type { Client } from '@temporalio/client';
import type { Executions } from '../../ports/executions.js';
import { asking } from './asked.js';
import { toFacts } from './execution-details.js';

/** Executions over Temporal's client. @param address for messages */
export function makeExecutions(client: Client, address: string): Executions {
  const ask = asking(client, address);
  return {
    describe: (temporalWorkflowId) =>
      ask(`say who holds ${temporalWorkflowId}`, async () =>
        toFacts(await client.workflow.getHandle(temporalWorkflowId).describe()),
      ),
    cancel: async ({ temporalWorkflowId, temporalRunId }, reason) => {
      await ask(`cancel ${temporalWorkflowId}`, () =>
        client.workflowService.requestCancelWorkflowExecution({
          namespace: client.options.namespace,
          identity: client.options.identity,
          workflowExecution: { workflowId: temporalWorkflowId, runId: temporalRunId },
          requestId: temporalRunId,
          reason,
        }),
      );
    },
  };
}
