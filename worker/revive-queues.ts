import type { Client } from '@temporalio/client';
import type { RunMemo } from '../src/contract/memo.js';
import { TICKET_MESSAGES, type TurnMessage } from '../src/contract/ticket-workflow.js';
import { queueWorkflowId } from '../src/contract/workflow-id.js';
import type { ExecutionWatch } from '../src/ports/executions.js';
import type { Logger } from '../src/ports/logger.js';
import { forEachInBatches } from './in-batches.js';
import type { PeriodicTask } from './periodic-tasks.js';

export interface ReviveParts {
  readonly client: Client;
  readonly watch: Pick<ExecutionWatch, 'inspect'>;
  /** Whose paths: who waits for one that lies elsewhere is the worker's there to look after. */
  readonly hostId: string;
  readonly logger: Logger;
}

/** With the lag of a list, two seconds, a queue that somebody has ended is there again within ten. */
const EVERY_MS = 8_000;
const TICKETS = `WorkflowType = 'ticket' AND ExecutionStatus = 'Running'`;
const ENTER: TurnMessage = { turn: 'enter' };

/**
 * Has tickets take their places again whose queue is gone: somebody ended it by hand. Each does so by itself, too, but
 * seldom, since every time lengthens its history.
 */
export function revivingQueues(parts: ReviveParts): PeriodicTask {
  return { name: 'revive queues', everyMs: EVERY_MS, run: () => reviveQueues(parts) };
}

export async function reviveQueues(parts: ReviveParts): Promise<void> {
  const { watch, logger } = parts;
  await forEachInBatches(
    [...(await ticketsByQueue(parts))],
    async ([queueId, tickets]) => {
      if ((await watch.inspect(queueId, null))?.isOpen === true) return;
      logger.warn(
        { queue: queueId, tickets: tickets.length },
        'a queue is gone; those who wait take places again',
      );
      await tellAll(parts, tickets);
    },
    ([queueId], error) => logger.warn({ queue: queueId, error }, 'a queue could not be looked after now'),
  );
}

/** Open tickets of the host's paths, by the ID of the queue that each is to stand in. */
async function ticketsByQueue({
  client,
  hostId,
}: ReviveParts): Promise<ReadonlyMap<string, readonly string[]>> {
  const byQueue = new Map<string, string[]>();
  for await (const { workflowId, memo } of client.workflow.list({ query: TICKETS })) {
    const { hostId: host, workingPath } = (memo ?? {}) as Partial<RunMemo>;
    if (host !== hostId || workingPath === undefined) continue;
    const queueId = queueWorkflowId(host, workingPath);
    byQueue.set(queueId, [...(byQueue.get(queueId) ?? []), workflowId]);
  }
  return byQueue;
}

/** One that has ended since it was listed needs no place. */
async function tellAll({ client, logger }: ReviveParts, tickets: readonly string[]): Promise<void> {
  await forEachInBatches(
    tickets,
    (ticket) => client.workflow.getHandle(ticket).signal(TICKET_MESSAGES.turnSignal, ENTER),
    (ticket, error) => logger.info({ ticket, error }, 'a ticket does not wait any more'),
  );
}
