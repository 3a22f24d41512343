import type { Interrupt, Terminal } from '../context.js';

/** Aborts with this when a signal asks the process to stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor(readonly interrupt: Interrupt) {
    super(`interrupted by ${interrupt}`);
  }
}

/**
 * Signals to this process while a command works. The first one aborts `first`; a later Ctrl-C aborts `second`,
 * and one more ends the process as if nobody listened.
 */
export interface Interruption {
  readonly first: AbortSignal;
  readonly second: AbortSignal;
  /** Which signal came first; null: none. */
  readonly interrupt: Interrupt | null;
  stopListening(): void;
}

export function listenForInterrupts(terminal: Terminal): Interruption {
  const first = new AbortController();
  const second = new AbortController();
  const stopListening = terminal.onInterrupt((interrupt) => {
    if (!first.signal.aborted) {
      first.abort(new Interrupted(interrupt));
    } else {
      second.abort(new Interrupted(interrupt));
      stopListening();
    }
  });
  return {
    first: first.signal,
    second: second.signal,
    stopListening,
    get interrupt() {
      const reason: unknown = first.signal.reason;
      return reason instanceof Interrupted ? reason.interrupt : null;
    },
  };
}

/** Settles as the work does, unless the signal aborts first. The work goes on unheard. */
export async function unlessAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  signal.throwIfAborted();
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
  }
}
