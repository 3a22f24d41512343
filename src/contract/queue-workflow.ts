import { RunError } from '../core/errors.js';
import { isUuid, type HostId, type RunId, type WorkingPath } from '../core/ids.js';
import { isJsonObject } from '../core/json.js';
import { asWorkingPath } from '../core/lease/working-path.js';
import type { QueueEntry } from '../core/queue/queue-state.js';

/** Names on the wire between a queue, its tickets and whoever asks. Every handler takes one object. */
export const QUEUE_MESSAGES = {
  enterSignal: 'enter',
  answerSignal: 'answer',
  describeQuery: 'describeQueue',
} as const;

/** The one argument of `queue`: ids and times only. */
export interface QueueInput {
  readonly hostId: HostId;
  readonly workingPath: WorkingPath;
  /** Who waits already: at the start one, after a continue-as-new all. */
  readonly entries: readonly QueueEntry[];
}

/** What a ticket says to its queue. */
export interface AnswerMessage {
  readonly runId: RunId;
  /** `started` and `busy` answer an offer; `left` may come at any time. */
  readonly answer: 'started' | 'busy' | 'left';
  /** With `busy`: since when it waits, for a queue that was made after the offer and does not know it. */
  readonly enteredAt?: string;
}

/** Answer of the query `describeQueue`. */
export interface QueueDescription {
  readonly workingPath: WorkingPath;
  /** In the order in which they will be served. */
  readonly entries: readonly QueueEntry[];
}

const ANSWERS: readonly unknown[] = ['started', 'busy', 'left'] satisfies AnswerMessage['answer'][];

/** @throws RunError `USAGE` */
export function parseEntry(value: unknown): QueueEntry {
  const { runId, enteredAt } = isJsonObject(value) ? value : {};
  if (isRunIdText(runId) && isInstant(enteredAt)) return { runId, enteredAt };
  throw new RunError('USAGE', 'an entry is {"runId": UUID, "enteredAt": instant in ISO-8601 UTC}');
}

/** @throws RunError `USAGE` */
export function parseAnswer(value: unknown): AnswerMessage {
  const { runId, answer, enteredAt } = isJsonObject(value) ? value : {};
  if (isRunIdText(runId) && ANSWERS.includes(answer)) {
    const known = { runId, answer: answer as AnswerMessage['answer'] };
    return isInstant(enteredAt) ? { ...known, enteredAt } : known;
  }
  throw new RunError('USAGE', 'an answer is {"runId": UUID, "answer": "started", "busy" or "left"}');
}

/** @throws RunError `START_REQUEST_INVALID` · `PATH_NOT_ABSOLUTE` */
export function parseQueueInput(value: unknown): QueueInput {
  const { hostId, workingPath, entries } = isJsonObject(value) ? value : {};
  if (typeof hostId !== 'string' || typeof workingPath !== 'string' || !Array.isArray(entries)) {
    throw new RunError(
      'START_REQUEST_INVALID',
      'a queue is made for a host, a path and those who wait; queue with signalbox run --on-busy wait',
    );
  }
  return {
    hostId: hostId as HostId,
    workingPath: asWorkingPath(workingPath),
    entries: entries.map(parseEntry),
  };
}

const isRunIdText = (value: unknown): value is RunId => typeof value === 'string' && isUuid(value);

const isInstant = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
