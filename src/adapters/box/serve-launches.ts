import { RunError } from '../../core/errors.js';
import type { LaunchOrder, LaunchReport } from './launch-protocol.js';
import { startCommand } from './start-command.js';

/** What a launcher needs of the process that it is. */
export interface LauncherProcess {
  on(event: 'message', listener: (order: LaunchOrder) => void): unknown;
  on(event: 'disconnect' | NodeJS.Signals, listener: () => void): unknown;
  send?(report: LaunchReport): unknown;
  exit(): void;
}

/** A signal to the terminal's processes is for the worker, which then lets its launcher go. */
const LEFT_TO_THE_WORKER: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Starts what the worker orders, until the worker is gone. */
export function serveLaunches(launcher: LauncherProcess): void {
  const report = (told: LaunchReport): void => {
    launcher.send?.(told);
  };
  for (const signal of LEFT_TO_THE_WORKER) launcher.on(signal, () => undefined);
  launcher.on('disconnect', () => {
    launcher.exit();
  });
  launcher.on('message', (order) => {
    void launch(order, report).catch((error: unknown) => {
      report(refusal(order.id, error));
    });
  });
}

async function launch(
  { id, task, markers }: LaunchOrder,
  report: (told: LaunchReport) => void,
): Promise<void> {
  const { pid, startTicks, ended } = await startCommand(task, markers);
  report({ kind: 'started', id, pid, startTicks });
  report({ kind: 'ended', id, exit: await ended });
}

function refusal(id: number, error: unknown): LaunchReport {
  const { code, message, details } =
    error instanceof RunError ? error : new RunError('NODE_UNSTARTABLE', String(error));
  return { kind: 'refused', id, code, message, details };
}
