import type { StartRequest } from '../../src/contract/start-request.js';
import { TICKET_MESSAGES } from '../../src/contract/ticket-workflow.js';
import { queueWorkflowId, ticketWorkflowId } from '../../src/contract/workflow-id.js';
import type { WorkingPath } from '../../src/core/ids.js';
import { aBashNode, aDefinition } from './builders.js';
import { eventually } from './eventually.js';
import { aLatch, says } from './node-scripts.js';
import type { QueueStage } from './queue-stage.js';
import { shapeIdentity } from './run-shapes.js';
import { startRequest, type RunStage } from './run-stage.js';

/** What histories are kept of, beside the shapes of runs. */
export const QUEUE_SHAPES = ['queue', 'ticket-served', 'ticket-overtaken', 'ticket-left', 'ticket-timed-out'];

/** An execution, the first of its chain. */
export interface FirstExecution {
  readonly workflowId: string;
  readonly temporalRunId: string;
}

/** One queue with every fate of a ticket. Needs a server that soon suggests to continue as new. */
export async function playQueue(
  stage: RunStage,
  queues: QueueStage,
  firstIdentity: number,
): Promise<Readonly<Record<string, FirstExecution>>> {
  const latch = aLatch();
  const requestOf = (index: number): StartRequest =>
    stage.request(aDefinition([aBashNode('work')]), {
      ...shapeIdentity(firstIdentity + index),
      workingPath: `/repos/queue-${firstIdentity}` as WorkingPath,
      hasClientEnvironment: index > 0,
    });
  const holder = requestOf(0);
  stage.nodes.set('work', (task, signal) =>
    (task.runId === holder.runId ? latch.script : says('done'))(task, signal),
  );
  await startRequest(stage.environment, holder);
  await latch.reached;
  const served = await queues.wait(requestOf(1));
  const queue = await stage.environment.client.workflow
    .getHandle(queueWorkflowId(holder.hostId, holder.workingPath))
    .describe();
  const overtaken = await queues.wait(requestOf(2));
  const left = await queues.wait(requestOf(3));
  const timedOut = await queues.ticket(requestOf(4), 300);
  await overtaken.handle.signal(TICKET_MESSAGES.turnSignal, { turn: 'start' });
  await eventually(async () => {
    const { events } = await overtaken.handle.fetchHistory();
    const hasTried = events?.some(
      (event) =>
        event.startChildWorkflowExecutionFailedEventAttributes?.workflowId ===
        `run.${queue.workflowId.slice('queue.'.length)}`,
    );
    if (hasTried !== true) throw new Error('it has not tried yet');
  });
  await left.handle.executeUpdate(TICKET_MESSAGES.leaveUpdate, { args: [{ by: 'ann' }] });
  await timedOut.result();
  const more = [await queues.wait(requestOf(5)), await queues.wait(requestOf(6))];
  latch.open();
  for (const ticket of [served, overtaken, ...more]) await ticket.result();
  const first = ({ request, handle }: typeof served): FirstExecution => ({
    workflowId: ticketWorkflowId(request.runId),
    temporalRunId: handle.firstExecutionRunId,
  });
  return {
    queue: { workflowId: queue.workflowId, temporalRunId: queue.runId },
    'ticket-served': first(served),
    'ticket-overtaken': first(overtaken),
    'ticket-left': first(left),
    'ticket-timed-out': first(timedOut),
  };
}
