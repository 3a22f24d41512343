import { setTimeout as wait } from 'node:timers/promises';
import { acquireLock, type LifeLock } from '../src/adapters/stack/life-lock.js';
import { RunError } from '../src/core/errors.js';

/** From one look at the holder to the next: a holder that dies is followed by another worker this soon. */
const LOOK_EVERY_MS = 100;

/**
 * Waits for its turn: of all workers that name one directory, at most one has passed at any time, and it is
 * followed as soon as it ends, however it ends.
 * @param onStandBy told once, when another is there first
 * @returns null when `signal` was first
 * @throws RunError `STACK_DIRECTORY_UNUSABLE`
 */
export async function untilAlone(
  directory: string,
  { signal, onStandBy }: { readonly signal: AbortSignal; readonly onStandBy: () => void },
): Promise<LifeLock | null> {
  let isStandingBy = false;
  while (!signal.aborted) {
    const lock = await acquire(directory);
    if (lock !== null) return lock;
    if (!isStandingBy) onStandBy();
    isStandingBy = true;
    await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}

async function acquire(directory: string): Promise<LifeLock | null> {
  try {
    return await acquireLock(directory);
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw new RunError(
      'STACK_DIRECTORY_UNUSABLE',
      `the lock of this machine's worker cannot be taken in ${directory} (${String(error)}); let XDG_STATE_HOME name a directory on a local disk that is yours`,
      { directory },
      { cause: error },
    );
  }
}
