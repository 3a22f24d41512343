import type { ScriptRuntime } from '../core/definition/definition.js';
import type { AttemptResult, AttemptTask, ScriptTask } from '../core/run/task.js';

/** Runs script nodes. */
export interface Scripts {
  /**
   * Looks whether a run finds what its scripts need.
   * @throws RunError `RUNTIME_MISSING` saying what to install · `ENVIRONMENT_UNREADABLE`
   */
  requireRuntimes(
    run: Pick<AttemptTask, 'runId' | 'rootRunId' | 'hasClientEnvironment'>,
    runtimes: readonly ScriptRuntime[],
  ): Promise<void>;
  /**
   * Runs one attempt in the run's open box. Settles when the attempt's own process has ended, or when a timeout
   * or the signal has ended all its processes.
   * @returns completed or failed, as data
   * @throws the signal's reason, once the attempt's processes are gone
   */
  run(task: ScriptTask, signal: AbortSignal): Promise<AttemptResult>;
}
