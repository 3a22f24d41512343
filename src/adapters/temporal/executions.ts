import { isGrpcServiceError, ServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { RunError } from '../../core/errors.js';
import type { Executions } from '../../ports/executions.js';

const CALL_MS = 5_000;

/** Executions over Temporal's client. @param address for messages */
export function makeExecutions(client: Client, address: string): Executions {
  const asked = async <Answer>(what: string, call: () => Promise<Answer>): Promise<Answer | null> => {
    try {
      return await client.withDeadline(Date.now() + CALL_MS, call);
    } catch (error) {
      if (isNotFound(error)) return null;
      if (!(error instanceof ServiceError) && !isGrpcServiceError(error)) throw error;
      throw new RunError(
        'TEMPORAL_UNREACHABLE',
        `Temporal at ${address} does not ${what} (${error.message}); it is asked again`,
        { address },
        { cause: error },
      );
    }
  };
  return {
    describe: (temporalWorkflowId) =>
      asked(`say who holds ${temporalWorkflowId}`, async () => {
        const facts = await client.workflow.getHandle(temporalWorkflowId).describe();
        return {
          temporalWorkflowId,
          temporalRunId: facts.runId,
          isOpen: facts.status.name === 'RUNNING' || facts.status.name === 'PAUSED',
          statusName: facts.status.name,
        };
      }),
    cancel: async ({ temporalWorkflowId, temporalRunId }, reason) => {
      await asked(`cancel ${temporalWorkflowId}`, () =>
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

/** gRPC's status NOT_FOUND; the client's own calls make an error of it, raw ones do not. */
const NOT_FOUND: unknown = 5;

function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND);
}
