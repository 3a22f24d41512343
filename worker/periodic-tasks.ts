import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '../src/ports/logger.js';

/** Something that a worker does again and again while it polls. */
export interface PeriodicTask {
  /** For the log. */
  readonly name: string;
  /** From the end of one time to the beginning of the next. The first begins at once. */
  readonly everyMs: number;
  /** Must be harmless to repeat. What it throws is logged, and it is done again when it is due. */
  run(signal: AbortSignal): Promise<void>;
}

/** Waits, or until the signal. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/** By the clock. */
export const pauseReally: Pause = (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined);

/** Does each task in its own rhythm until the signal; settles when none is being done any more. */
export async function runPeriodically(
  tasks: readonly PeriodicTask[],
  options: { readonly signal: AbortSignal; readonly logger: Logger; readonly pause?: Pause },
): Promise<void> {
  await Promise.all(tasks.map((task) => repeat(task, options)));
}

async function repeat(
  task: PeriodicTask,
  { signal, logger, pause = pauseReally }: Parameters<typeof runPeriodically>[1],
): Promise<void> {
  let wasGood = true;
  while (!signal.aborted) {
    try {
      await task.run(signal);
      wasGood = true;
    } catch (error) {
      // Said once: what is away is asked for again every few seconds.
      if (wasGood) logger.warn({ task: task.name, error }, 'a periodic task failed');
      wasGood = false;
    }
    await pause(task.everyMs, signal);
  }
}
