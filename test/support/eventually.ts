import { setTimeout as wait } from 'node:timers/promises';

const DEADLINE_MS = 10_000;
const PAUSE_MS = 2;

/**
 * Tries `probe` until it no longer throws, and gives what it gave.
 * @throws what the last try threw, once the deadline has passed
 */
export async function eventually<Result>(
  probe: () => Result | Promise<Result>,
  deadlineMs = DEADLINE_MS,
): Promise<Result> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await wait(PAUSE_MS);
    }
  }
}
