import type { TicketResult } from '../contract/ticket-workflow.js';
import { formatDuration } from '../core/duration.js';
import { RunError } from '../core/errors.js';
import { shortRunId } from '../core/ids.js';
import { QUEUE_DEPTH } from '../core/queue/queue-state.js';

/** Why a run that waited was not started, as an error. */
export function waitError(end: Exclude<TicketResult, { kind: 'started' }>, workingPath: string): RunError {
  const run = `run ${shortRunId(end.runId)}`;
  const details = { runId: end.runId };
  switch (end.kind) {
    case 'timedOut':
      return new RunError(
        'WAIT_TIMED_OUT',
        `${workingPath} was in use all the ${formatDuration(end.afterMs)} that ${run} would wait; nothing was started. Wait longer, or see who holds it with signalbox queue list`,
        details,
      );
    case 'left': {
      const by = end.by === null ? '' : ` by ${end.by}`;
      const why = end.reason === null ? '' : `: ${end.reason}`;
      return new RunError(
        'RUN_CANCELLED',
        `${run} was taken out of the queue${by}${why}; nothing was started`,
        details,
      );
    }
    case 'refused':
      return end.refusal === 'full'
        ? new RunError(
            'QUEUE_FULL',
            `${QUEUE_DEPTH} runs wait for ${workingPath} already; nothing was started. Try again later, or see them with signalbox queue list`,
            details,
          )
        : new RunError(
            'RUN_CANCELLED',
            `an operator has ended the queue of ${workingPath}; ${run} was not started`,
            details,
          );
  }
}
