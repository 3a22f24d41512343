import { RunError } from '../core/errors.js';
import type { RunId } from '../core/ids.js';
import { isJsonObject } from '../core/json.js';
import type { Refusal } from '../core/queue/queue-state.js';
import { parseStartRequest, type StartRequest } from './start-request.js';

/** Names on the wire between a ticket, its queue and whoever asks. Every handler takes one object. */
export const TICKET_MESSAGES = {
  turnSignal: 'turn',
  leaveUpdate: 'leaveQueue',
  describeQuery: 'describeTicket',
} as const;

/** The one argument of `ticket`. */
export interface TicketRequest {
  /** What the run will be started with. */
  readonly request: StartRequest;
  /** Gives the place up after this long; null: never. */
  readonly waitTimeoutMs: number | null;
}

/**
 * What a ticket is told. By its queue: it may start, or there is no place for it. `enter`, by a worker: its queue is
 * gone, and it is to take its place in a new one.
 */
export interface TurnMessage {
  readonly turn: 'start' | 'enter' | Refusal;
}

export interface LeaveMessage {
  readonly by?: string | null;
  readonly reason?: string | null;
}

export interface LeaveAnswer {
  readonly runId: RunId;
  /** False: the run had just been started, or its wait was over for another reason. */
  readonly hasLeft: boolean;
}

/** Answer of the query `describeTicket`. */
export interface TicketDescription {
  readonly runId: RunId;
  readonly workflowName: string;
  readonly workingPath: string;
  readonly startedBy: string;
  readonly status: 'waiting' | 'starting' | TicketResult['kind'];
  readonly enteredAt: string;
  /** When it gives its place up; null: never. */
  readonly deadlineAt: string | null;
}

/** How waiting ended. What a ticket returns. */
export type TicketResult =
  | {
      readonly kind: 'started';
      readonly runId: RunId;
      readonly temporalWorkflowId: string;
      readonly temporalRunId: string;
    }
  | {
      readonly kind: 'left';
      readonly runId: RunId;
      readonly by: string | null;
      readonly reason: string | null;
    }
  | { readonly kind: 'timedOut'; readonly runId: RunId; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly runId: RunId; readonly refusal: Refusal };

/** @throws RunError `START_REQUEST_INVALID` · `CONTRACT_TOO_NEW` · `PATH_NOT_ABSOLUTE` */
export function parseTicketRequest(value: unknown): TicketRequest {
  const { request, waitTimeoutMs } = isJsonObject(value) ? value : {};
  const isWait =
    waitTimeoutMs === null || (Number.isSafeInteger(waitTimeoutMs) && Number(waitTimeoutMs) >= 0);
  if (!isWait) {
    throw new RunError(
      'START_REQUEST_INVALID',
      'a ticket is made of a start request and a wait in milliseconds, or null; queue with signalbox run --on-busy wait',
    );
  }
  return { request: parseStartRequest(request), waitTimeoutMs: waitTimeoutMs as number | null };
}

const TURNS: readonly unknown[] = ['start', 'enter', 'full', 'dismissed'] satisfies TurnMessage['turn'][];

/** @throws RunError `USAGE` */
export function parseTurn(value: unknown): TurnMessage {
  const { turn } = isJsonObject(value) ? value : {};
  if (TURNS.includes(turn)) return { turn: turn as TurnMessage['turn'] };
  throw new RunError('USAGE', 'a turn is {"turn": "start", "enter", "full" or "dismissed"}');
}
