import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { createQueueActivities } from '../../activities/watch-path.js';
import { makeExecutions } from '../../src/adapters/temporal/executions.js';
import { makePathWatch } from '../../src/adapters/temporal/path-watch.js';
import { memoOf } from '../../src/contract/run-start.js';
import { QUEUE_MESSAGES, type QueueDescription } from '../../src/contract/queue-workflow.js';
import { SHARED_TASK_QUEUE } from '../../src/contract/task-queues.js';
import type { TicketResult } from '../../src/contract/ticket-workflow.js';
import { queueWorkflowId, ticketWorkflowId } from '../../src/contract/workflow-id.js';
import type { StartRequest } from '../../src/contract/start-request.js';
import type { WorkflowDefinition } from '../../src/core/definition/definition.js';
import type { PathWatch } from '../../src/ports/path-watch.js';
import { makeSharedWorker } from '../../worker/make-worker.js';
import { eventually } from './eventually.js';
import type { RunStage } from './run-stage.js';
import { workflowBundle } from './workflow-bundle.js';

export interface StagedTicket {
  readonly request: StartRequest;
  readonly handle: WorkflowHandleWithFirstExecutionRunId;
  result(): Promise<TicketResult>;
}

/** Beside a stage of runs, the worker of what belongs to no machine. */
export interface QueueStage {
  /** A ticket, once it has its place. */
  wait(request: StartRequest, waitTimeoutMs?: number | null): Promise<StagedTicket>;
  /** A ticket as Temporal starts it, place or not. */
  ticket(request: StartRequest, waitTimeoutMs?: number | null): Promise<StagedTicket>;
  /** Run ids in the order in which they wait. */
  order(request: StartRequest): Promise<readonly string[]>;
  restartWorker(): Promise<void>;
  tearDown(): Promise<void>;
}

/** @param changed gives the watch that queues really have, made of the one that asks Temporal */
export async function raiseQueueStage(
  stage: RunStage,
  changed: (watch: PathWatch) => PathWatch = (watch) => watch,
): Promise<QueueStage> {
  const { client, nativeConnection, namespace = 'default' } = stage.environment;
  const address = 'the test server';
  const serve = async () => {
    const worker = await makeSharedWorker({
      connection: nativeConnection,
      namespace,
      workflowCode: workflowBundle(),
      identity: 'shared test worker',
      activities: createQueueActivities(
        changed(makePathWatch(client, makeExecutions(client, address), address)),
      ),
    });
    const serving = worker.run();
    return async () => {
      worker.shutdown();
      await serving;
    };
  };
  const order: QueueStage['order'] = async ({ hostId, workingPath }) => {
    const handle = client.workflow.getHandle(queueWorkflowId(hostId, workingPath));
    const { entries } = await handle.query<QueueDescription>(QUEUE_MESSAGES.describeQuery);
    return entries.map(({ runId }) => runId);
  };
  const ticket: QueueStage['ticket'] = async (request, waitTimeoutMs = null) => {
    const handle = await client.workflow.start('ticket', {
      workflowId: ticketWorkflowId(request.runId),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue: SHARED_TASK_QUEUE,
      args: [{ request, waitTimeoutMs }],
      memo: { ...memoOf(request, 'a ticket') },
    });
    return { request, handle, result: () => handle.result() as Promise<TicketResult> };
  };
  let stop = await serve();
  return {
    ticket,
    order,
    wait: async (request, waitTimeoutMs) => {
      const made = await ticket(request, waitTimeoutMs);
      await eventually(async () => {
        if (!(await order(request)).includes(request.runId)) throw new Error('it has no place yet');
      });
      return made;
    },
    restartWorker: async () => {
      await stop();
      stop = await serve();
    },
    tearDown: () => stop(),
  };
}

/** Requests for runs of one path, in the order in which they will be made. */
export function requestsFor(
  stage: RunStage,
  definition: WorkflowDefinition,
  count: number,
  over: Partial<StartRequest> = {},
): readonly StartRequest[] {
  const { workingPath } = stage.request(definition, over);
  return Array.from({ length: count }, () => stage.request(definition, { ...over, workingPath }));
}
