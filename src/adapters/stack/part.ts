import type { PartProcess } from './part-process.js';
import type { PartRecord } from './stack-state.js';

/** A server or the worker, as the supervisor sees it. */
export interface Part {
  readonly name: PartRecord['name'];
  /**
   * Starts it and waits until it serves.
   * @param started called with each process as soon as it exists, before it is waited for
   * @param abandon aborted when the stack is to end: the wait then ends soon, with an error
   * @throws RunError when it does not come to serve; its process is gone by then
   */
  launch(started: (process: PartProcess) => void, abandon: AbortSignal): Promise<LaunchedPart>;
}

export interface LaunchedPart {
  readonly process: PartProcess;
  /** `host:port`; null when it listens nowhere. */
  readonly address: string | null;
}
