import type { Client } from '@temporalio/client';
import type { ExecutionName, ExecutionWatch } from '../../ports/executions.js';
import { asking } from './asked.js';
import { toDetails, toEnd } from './execution-details.js';

/** A watch over executions, over Temporal's client. @param address for messages */
export function makeExecutionWatch(client: Client, address: string): ExecutionWatch {
  const ask = asking(client, address);
  const { workflowService: service } = client;
  const { namespace, identity } = client.options;
  return {
    inspect: (temporalWorkflowId, temporalRunId) =>
      ask(`say how ${temporalWorkflowId} is`, async () => {
        const handle = client.workflow.getHandle(temporalWorkflowId, temporalRunId ?? undefined);
        return toDetails(await handle.describe());
      }),
    endOf: ({ temporalWorkflowId, temporalRunId }) =>
      ask(`say how ${temporalWorkflowId} ended`, async () => {
        const { history } = await service.getWorkflowExecutionHistoryReverse({
          namespace,
          execution: { workflowId: temporalWorkflowId, runId: temporalRunId },
          maximumPageSize: 1,
        });
        const last = history?.events?.[0];
        return last ? toEnd(last) : null;
      }),
    openOn: async (taskQueue) => {
      const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`;
      const found = await ask(`list what is open on ${taskQueue}`, () => listed(client, query));
      return found ?? [];
    },
    forgetWorker: async ({ temporalWorkflowId, temporalRunId }) => {
      await ask(`forget who had ${temporalWorkflowId}`, () =>
        service.resetStickyTaskQueue({
          namespace,
          execution: { workflowId: temporalWorkflowId, runId: temporalRunId },
        }),
      );
    },
    failActivity: async ({ temporalWorkflowId, temporalRunId }, activityId, { type, message }) => {
      await ask(`fail ${activityId} of ${temporalWorkflowId}`, () =>
        service.respondActivityTaskFailedById({
          namespace,
          identity,
          workflowId: temporalWorkflowId,
          runId: temporalRunId,
          activityId,
          failure: { message, source: 'signalbox', applicationFailureInfo: { type } },
        }),
      );
    },
  };
}

async function listed(client: Client, query: string): Promise<readonly ExecutionName[]> {
  const found: ExecutionName[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    found.push({ temporalWorkflowId: workflowId, temporalRunId: runId });
  }
  return found;
}
