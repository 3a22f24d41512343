import { log, setHandler, defineSignal, defineQuery, setCurrentDetails } from '@temporalio/workflow';
import {
  parseAnswer,
  parseEntry,
  QUEUE_MESSAGES,
  type QueueDescription,
  type QueueInput,
} from '../src/contract/queue-workflow.js';
import { decideQueue } from '../src/core/queue/decide.js';
import { evolveQueue } from '../src/core/queue/evolve.js';
import {
  emptyQueue,
  type QueueAction,
  type QueueEvent,
  type QueueState,
} from '../src/core/queue/queue-state.js';
import { detailsOfQueue } from './describe-queue.js';

/** The state of a queue while its execution lives. Only events change it. */
export class LiveQueue {
  #state: QueueState = emptyQueue();

  constructor(private readonly input: QueueInput) {
    for (const entry of input.entries) this.apply({ type: 'entered', entry });
  }

  get state(): QueueState {
    return this.#state;
  }

  get action(): QueueAction {
    return decideQueue(this.#state);
  }

  apply(event: QueueEvent): void {
    const before = this.#state;
    this.#state = evolveQueue(before, event);
    if (this.#state !== before) setCurrentDetails(detailsOfQueue(this.input, this.#state));
  }

  /** Installs everything that tickets and people may say to it. What is malformed is logged, and ignored. */
  listen(): void {
    setHandler(
      defineSignal<[unknown]>(QUEUE_MESSAGES.enterSignal),
      heeding((message) => this.apply({ type: 'entered', entry: parseEntry(message) })),
      {
        description:
          'A ticket takes a place: {"runId": "…", "enteredAt": "…"}. Sent by tickets; to queue, type signalbox run --on-busy wait',
      },
    );
    setHandler(
      defineSignal<[unknown]>(QUEUE_MESSAGES.answerSignal),
      heeding((message) => {
        const { runId, answer, enteredAt } = parseAnswer(message);
        if (enteredAt !== undefined) this.apply({ type: 'entered', entry: { runId, enteredAt } });
        this.apply({ type: answer, runId });
      }),
      {
        description:
          'A ticket says how its turn went: {"runId": "…", "answer": "started", "busy" or "left"}. Sent by tickets; to leave, type signalbox queue leave',
      },
    );
    setHandler(
      defineQuery<QueueDescription>(QUEUE_MESSAGES.describeQuery),
      () => ({ workingPath: this.input.workingPath, entries: this.#state.entries }),
      { description: 'Who waits for the path, in the order in which they will be served' },
    );
  }
}

const heeding =
  (hear: (message: unknown) => void): ((message: unknown) => void) =>
  (message) => {
    try {
      hear(message);
    } catch (error) {
      log.warn('a message was not understood', { reason: String(error) });
    }
  };
