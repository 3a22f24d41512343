import { setTimeout as delay } from 'node:timers/promises';
import { endProcess } from './ending.js';
import type { PartProcess } from './part-process.js';

const POLL_MS = 25;

export interface Readiness {
  /** Whether it serves now; a throw ends the wait. */
  readonly serves: () => boolean | Promise<boolean>;
  readonly withinMs: number;
  readonly abandon: AbortSignal;
}

/**
 * Waits until a process serves; one that does not is ended.
 * @throws RunError with the end of its log when it ended, or took too long
 */
export async function untilItServes(process: PartProcess, readiness: Readiness): Promise<void> {
  const { identity } = process;
  const deadline = performance.now() + readiness.withinMs;
  try {
    while (!(await readiness.serves())) {
      if (process.hasEnded()) throw process.failure(await process.ended);
      if (performance.now() >= deadline)
        throw process.failure(`did not serve within ${readiness.withinMs / 1000} s`);
      await delay(POLL_MS, undefined, { signal: readiness.abandon });
    }
    // Somebody else's server may have answered in its place.
    if (process.hasEnded()) throw process.failure(await process.ended);
  } catch (error) {
    await endProcess(identity, []);
    throw error;
  }
}
