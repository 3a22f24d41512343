/** How many nodes may work at once under one worker. */
export interface Permits {
  /**
   * Waits for a permit, first come first served.
   * @param onWait told at once when there is none to be had
   * @returns gives the permit back; again changes nothing
   * @throws the signal's reason
   */
  acquire(signal: AbortSignal, onWait: () => void): Promise<() => void>;
}
