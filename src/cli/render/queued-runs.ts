import type { PathQueue } from '../../client/queue-reader.js';
import { shortRunId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { holderPhrase, queuedJson } from './queue.js';
import { holderJson } from './refusal.js';
import { elapsedSince, oneLine } from './text.js';

/** Who waits, as rows of the table of `status`. */
export function queuedRows(queues: readonly PathQueue[], now: Date): readonly (readonly string[])[] {
  return queues.flatMap(({ holder, runs }) =>
    runs.map((run) => {
      const place = `place ${run.place ?? '?'} of ${run.queueLength ?? '?'}`;
      const by = holder === null ? 'nobody holds the path now' : `held by ${holderPhrase(holder)}`;
      return [
        shortRunId(run.runId),
        'queued',
        oneLine(run.workflow),
        elapsedSince(run.enteredAt, now),
        `${place}; ${by}`,
        oneLine(run.workingPath, 1000),
      ];
    }),
  );
}

/** Who waits, each with whom it waits for. */
export function queuedRunsJson(queues: readonly PathQueue[]): readonly JsonObject[] {
  return queues.flatMap(({ holder, runs }) =>
    runs.map((run) => ({
      ...queuedJson(run),
      live: null,
      holder: holder === null ? null : holderJson(holder),
    })),
  );
}
