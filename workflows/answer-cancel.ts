import { defineSignal, defineUpdate, log, setHandler } from '@temporalio/workflow';
import {
  MESSAGES,
  type CancelAnswer,
  type CancelMessage,
  type CancelSignal,
} from '../src/contract/messages.js';
import { RunError } from '../src/core/errors.js';
import type { StartRequest } from '../src/contract/start-request.js';
import type { LiveRun } from './live-run.js';
import { readWhoAndWhy, refusing } from './read-message.js';

const CANCEL_HELP = 'Cancels the run and waits for its processes: {"by": "…", "reason": "…"}';

/** Lets people, programs and the run's parent end it early. */
export function answerCancel(run: LiveRun, { runId, parent }: StartRequest): void {
  setHandler(
    defineUpdate<CancelAnswer, [CancelMessage | undefined]>(MESSAGES.cancelUpdate),
    (message) => {
      const { by, reason } = readWhoAndWhy(message);
      return { runId, isFirst: run.cancel(by, reason) };
    },
    {
      validator: refusing((message) => {
        if (run.state.outcome !== null) throw new RunError('RUN_CLOSED', `run ${runId} is over`);
        readWhoAndWhy(message);
      }),
      description: CANCEL_HELP,
    },
  );
  setHandler(
    defineSignal<[CancelSignal | undefined]>(MESSAGES.cancelSignal),
    (message) => {
      try {
        const { by, reason } = readWhoAndWhy(message);
        const ofParent = message?.ofParent;
        if (ofParent === undefined || ofParent === parent?.runId) run.cancel(by, reason);
        else log.warn('a cancellation was meant for a sub-run of another run', { ofParent });
      } catch (error) {
        log.warn('a cancellation was refused', { reason: String(error) });
      }
    },
    { description: CANCEL_HELP },
  );
}
