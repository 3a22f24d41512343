import {
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { condition } from '@temporalio/workflow';
import {
  parseTurn,
  TICKET_MESSAGES,
  type LeaveAnswer,
  type LeaveMessage,
  type TicketDescription,
  type TicketRequest,
  type TicketResult,
  type TurnMessage,
} from '../src/contract/ticket-workflow.js';
import type { QueueEntry } from '../src/core/queue/queue-state.js';
import { detailsOfTicket } from './describe-queue.js';
import { readWhoAndWhy, refusing } from './read-message.js';

type Leaver = Pick<Extract<TicketResult, { kind: 'left' }>, 'by' | 'reason'>;

/** A ticket while its execution lives. */
export class LiveTicket {
  readonly request: TicketRequest['request'];
  readonly waitTimeoutMs: number | null;
  readonly entry: QueueEntry;
  #turn: TurnMessage['turn'] | null = null;
  #leaver: Leaver | null = null;
  #status: TicketDescription['status'] = 'waiting';

  /** @param enteredAt when the first execution of the ticket began */
  constructor(ticket: TicketRequest, enteredAt: string) {
    this.request = ticket.request;
    this.waitTimeoutMs = ticket.waitTimeoutMs;
    this.entry = { runId: ticket.request.runId, enteredAt };
    this.tell('waiting');
  }

  get hasTurn(): boolean {
    return this.#turn !== null;
  }

  /** Who wants it to leave; null: nobody. */
  get leaver(): Leaver | null {
    return this.#leaver;
  }

  /** Until it gives its place up; null: it does not. */
  get leftMs(): number | null {
    if (this.waitTimeoutMs === null) return null;
    return Math.max(0, Date.parse(this.entry.enteredAt) + this.waitTimeoutMs - Date.now());
  }

  /** What the queue has said since this was last asked. */
  takeTurn(): TurnMessage['turn'] | null {
    const turn = this.#turn;
    this.#turn = null;
    return turn;
  }

  /** The first who asks counts. */
  leave(by: string | null, reason: string | null): void {
    this.#leaver ??= { by, reason };
  }

  tell(status: TicketDescription['status']): void {
    this.#status = status;
    setCurrentDetails(detailsOfTicket(this.request, this.description));
  }

  get description(): TicketDescription {
    const { runId, definition, workingPath, startedBy } = this.request;
    const { enteredAt } = this.entry;
    return {
      runId,
      workflowName: definition.name,
      workingPath,
      startedBy,
      status: this.#status,
      enteredAt,
      deadlineAt:
        this.waitTimeoutMs === null
          ? null
          : new Date(Date.parse(enteredAt) + this.waitTimeoutMs).toISOString(),
    };
  }

  /** Installs everything that its queue and people may say to it. */
  listen(): void {
    setHandler(
      defineSignal<[unknown]>(TICKET_MESSAGES.turnSignal),
      (message) => {
        try {
          const { turn } = parseTurn(message);
          // What a queue has said counts for more: it is there.
          this.#turn = turn === 'enter' ? (this.#turn ?? turn) : turn;
        } catch (error) {
          log.warn('a message was not understood', { reason: String(error) });
        }
      },
      {
        description:
          'The queue says whether it may start: {"turn": "start", "full" or "dismissed"}; "enter": the queue is gone',
      },
    );
    setHandler(
      defineUpdate<LeaveAnswer, [LeaveMessage | undefined]>(TICKET_MESSAGES.leaveUpdate),
      async (message) => {
        const { by, reason } = readWhoAndWhy(message);
        this.leave(by, reason);
        await condition(() => this.#status !== 'waiting' && this.#status !== 'starting');
        return { runId: this.request.runId, hasLeft: this.#status === 'left' };
      },
      {
        validator: refusing((message) => {
          readWhoAndWhy(message);
        }),
        description: 'Gives the place in the queue up: {"by": "…", "reason": "…"}',
      },
    );
    setHandler(defineQuery<TicketDescription>(TICKET_MESSAGES.describeQuery), () => this.description, {
      description: 'Who waits here, for what, and how it ended',
    });
  }
}
