import { condition } from '@temporalio/workflow';
import { QUEUE_MESSAGES, type AnswerMessage } from '../src/contract/queue-workflow.js';
import type { TicketResult } from '../src/contract/ticket-workflow.js';
import { queueWorkflowId } from '../src/contract/workflow-id.js';
import { enterQueue } from './enter-queue.js';
import type { LiveTicket } from './live-ticket.js';
import { startQueuedRun } from './start-queued-run.js';
import { isTold } from './tell-workflow.js';

/**
 * A ticket shows that it is there this often: if its queue is gone, it makes another. The path's worker, where one
 * lives, sees that sooner and says so.
 */
const REENTER_MS = 300_000;

/**
 * Until the ticket's wait is over, whichever way.
 * @param continueIfDue called between turns, when nothing of the ticket is open
 */
export async function waitForTurn(
  ticket: LiveTicket,
  continueIfDue: () => Promise<void>,
): Promise<TicketResult> {
  const { runId } = ticket.request;
  for (;;) {
    await untilNews(ticket);
    if (ticket.leaver !== null) {
      await answer(ticket, 'left');
      return { kind: 'left', runId, ...ticket.leaver };
    }
    const turn = ticket.takeTurn();
    if (turn === null && ticket.leftMs === 0) {
      await answer(ticket, 'left');
      return { kind: 'timedOut', runId, afterMs: ticket.waitTimeoutMs ?? 0 };
    }
    if (turn === null || turn === 'enter') await enterQueue(ticket.request, ticket.entry);
    if (turn === 'full' || turn === 'dismissed') return { kind: 'refused', runId, refusal: turn };
    if (turn === 'start') {
      const started = await tryStart(ticket);
      if (started !== null) return started;
    }
    await continueIfDue();
  }
}

async function untilNews(ticket: LiveTicket): Promise<void> {
  const ms = Math.min(REENTER_MS, ticket.leftMs ?? REENTER_MS);
  const hasNews = (): boolean => ticket.leaver !== null || ticket.hasTurn;
  if (hasNews() || ms === 0) return;
  await condition(hasNews, ms, { summary: ms === REENTER_MS ? 'stay in the queue' : 'give up' });
}

async function tryStart(ticket: LiveTicket): Promise<TicketResult | null> {
  ticket.tell('starting');
  const started = await startQueuedRun(ticket.request);
  // It may have been told twice; an answer counts for both.
  ticket.takeTurn();
  ticket.tell('waiting');
  const isHeard = await answer(ticket, started === null ? 'busy' : 'started');
  if (started !== null) return started;
  if (!isHeard) await enterQueue(ticket.request, ticket.entry);
  return null;
}

function answer({ request, entry }: LiveTicket, said: AnswerMessage['answer']): Promise<boolean> {
  const { hostId, workingPath, runId } = request;
  const message: AnswerMessage = { runId, answer: said, ...(said === 'busy' && entry) };
  return isTold(queueWorkflowId(hostId, workingPath), QUEUE_MESSAGES.answerSignal, message);
}
