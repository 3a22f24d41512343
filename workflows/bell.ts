/**
 * Wakes one who waits, in the very step in which something happens. Temporal's `condition` asks again behind each
 * step, which costs another call into the sandbox and a handful of promises.
 */
export class Bell {
  #wake: (() => void) | null = null;

  /** Nobody may wait. */
  ring(): void {
    this.#wake?.();
    this.#wake = null;
  }

  /** Settles when it rings the next time. One waits at a time, and looks before whether there is need to. */
  next(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
