import type { BoxTask } from '../../ports/box.js';
import { startCommand, type StartedProcess } from './start-command.js';

/** Who starts the commands of a box. */
export interface Launcher {
  /**
   * Starts a command as leader of a session of its own, with nothing to read and files to write to.
   * Settles when it has started.
   * @param markers laid over the task's environment
   * @throws RunError `NODE_UNSTARTABLE` · `NODE_INTERRUPTED` the launcher ended; whether it started is unknown
   */
  start(task: BoxTask, markers: Readonly<Record<string, string>>): Promise<StartedProcess>;
  /** Nothing is started any more. What runs goes on. */
  shutdown(): void;
}

/** Starts commands from this very process. */
export function makeLocalLauncher(): Launcher {
  return {
    start: (task, markers) => startCommand(task, markers),
    shutdown: () => undefined,
  };
}
