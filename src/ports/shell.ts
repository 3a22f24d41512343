import type { AttemptResult, ShellTask } from '../core/run/task.js';

/** Runs bash nodes. */
export interface Shell {
  /**
   * Runs one attempt in the run's open box. Settles when the attempt's shell has ended, or when a timeout
   * or the signal has ended all its processes.
   * @returns completed or failed, as data
   * @throws the signal's reason, once the attempt's processes are gone
   */
  run(task: ShellTask, signal: AbortSignal): Promise<AttemptResult>;
}
