import type { Permits } from '../../ports/permits.js';

/** @param count at least 1 */
export function makePermits(count: number): Permits {
  let free = count;
  /** Who waits, in order of arrival. */
  const waiting = new Set<() => void>();

  const release = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  };

  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const giveUp = (): void => {
        waiting.delete(admit);
        reject(signal.reason as Error);
      };
      const admit = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      waiting.add(admit);
      signal.addEventListener('abort', giveUp, { once: true });
    });

  return {
    async acquire(signal, onWait) {
      signal.throwIfAborted();
      if (free > 0) free -= 1;
      else {
        onWait();
        await wait(signal);
      }
      let isHeld = true;
      return () => {
        if (isHeld) release();
        isHeld = false;
      };
    },
  };
}
