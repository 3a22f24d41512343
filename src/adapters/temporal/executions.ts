import { ServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { RunError } from '../../core/errors.js';
import type { Executions } from '../../ports/executions.js';

const CALL_MS = 5_000;

/** Executions over Temporal's client. @param address for messages */
export function makeExecutions(client: Client, address: string): Executions {
  return {
    describe: async (temporalWorkflowId) => {
      try {
        const facts = await client.withDeadline(Date.now() + CALL_MS, () =>
          client.workflow.getHandle(temporalWorkflowId).describe(),
        );
        return {
          temporalWorkflowId,
          temporalRunId: facts.runId,
          isOpen: facts.status.name === 'RUNNING' || facts.status.name === 'PAUSED',
          statusName: facts.status.name,
        };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        if (!(error instanceof ServiceError)) throw error;
        throw new RunError(
          'TEMPORAL_UNREACHABLE',
          `Temporal at ${address} does not say who holds ${temporalWorkflowId} (${error.message}); it is asked again`,
          { address },
          { cause: error },
        );
      }
    },
  };
}
