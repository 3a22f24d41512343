import type { Box, BoxExit, BoxTask } from '../../ports/box.js';

export interface Limits {
  readonly timeoutMs: number;
  readonly graceMs: number;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls once after any time, however long. @returns what calls it off */
function callAfter(delayMs: number, call: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
    timer = setTimeout(() => {
      if (leftMs > stepMs) arm(leftMs - stepMs);
      else call();
    }, stepMs);
  };
  arm(delayMs);
  return () => clearTimeout(timer);
}

/**
 * Runs a command until it ends, its time is over or the signal aborts; in the latter two cases ends all
 * processes of its attempt first.
 * @returns how it ended; null: its time was over
 * @throws the signal's reason · what `enter` and `stopAttempt` throw
 */
export async function supervise(
  box: Box,
  task: BoxTask,
  { timeoutMs, graceMs }: Limits,
  signal: AbortSignal,
): Promise<BoxExit | null> {
  let interrupt: () => void = () => undefined;
  const interrupted = new Promise<null>((resolve) => {
    interrupt = () => resolve(null);
  });
  const callOff = callAfter(timeoutMs, interrupt);
  signal.addEventListener('abort', interrupt, { once: true });
  if (signal.aborted) interrupt();
  try {
    const exit = box.enter(task);
    const first = await Promise.race([exit, interrupted]);
    if (first !== null) return first;
    await box.stopAttempt(task, task.attemptId, graceMs);
    await exit.catch(() => undefined);
    signal.throwIfAborted();
    return null;
  } finally {
    callOff();
    signal.removeEventListener('abort', interrupt);
  }
}
