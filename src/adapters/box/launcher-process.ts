import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { RunError } from '../../core/errors.js';
import type { BoxExit, BoxTask } from '../../ports/box.js';
import type { LaunchOrder, LaunchReport } from './launch-protocol.js';
import type { Launcher } from './launcher.js';
import type { StartedProcess } from './start-command.js';

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: RunError) => void;
}

/** A launch that has been ordered and has not ended. */
interface Launch {
  readonly started: Deferred<StartedProcess>;
  readonly ended: Deferred<BoxExit>;
}

function deferred<Value>(): Deferred<Value> {
  let resolve: Deferred<Value>['resolve'] = () => undefined;
  let reject: Deferred<Value>['reject'] = () => undefined;
  const promise = new Promise<Value>((...settlers) => ([resolve, reject] = settlers));
  return { promise, resolve, reject };
}

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'];

/**
 * Starts commands from a small process: forking copies the page tables of whoever forks, and a worker of 400 MB
 * stands still for 6 ms each time (0.5 ms at 50 MB). Where the system can, the kernel ends the launcher with its
 * worker; elsewhere it ends when their channel does.
 *
 * absent → `start` → running → (it ended by itself: its launches are interrupted) absent; `shutdown` → absent.
 */
class LauncherProcess implements Launcher {
  #child: ChildProcess | null = null;
  #lastId = 0;
  readonly #launches = new Map<number, Launch>();

  constructor(private readonly entry: string) {}

  start(task: BoxTask, markers: Readonly<Record<string, string>>): Promise<StartedProcess> {
    const child = (this.#child ??= this.#raise());
    const id = (this.#lastId += 1);
    const started = deferred<StartedProcess>();
    const ended = deferred<BoxExit>();
    // Nobody may be waiting for the end yet, when the launcher goes.
    ended.promise.catch(() => undefined);
    this.#launches.set(id, { started, ended });
    const order: LaunchOrder = { id, task, markers };
    child.send(order, (error) => {
      if (error !== null) this.#settle(id, interrupt);
    });
    return started.promise;
  }

  shutdown(): void {
    this.#child?.disconnect();
    this.#child = null;
  }

  #raise(): ChildProcess {
    const setpriv = SETPRIV.find((path) => existsSync(path));
    const argv = [...(setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--']), process.execPath];
    const [program = process.execPath, ...words] = argv;
    const child = spawn(program, [...words, this.entry], {
      detached: true,
      env: {},
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('message', (report: LaunchReport) => {
      this.#take(report);
    });
    const onGone = (): void => {
      if (this.#child === child) this.#child = null;
      for (const id of [...this.#launches.keys()]) this.#settle(id, interrupt);
    };
    child.once('error', onGone);
    child.once('disconnect', onGone);
    child.unref();
    child.channel?.unref();
    return child;
  }

  #take(report: LaunchReport): void {
    switch (report.kind) {
      case 'started': {
        const { pid, startTicks } = report;
        const launch = this.#launches.get(report.id);
        launch?.started.resolve({ pid, startTicks, ended: launch.ended.promise });
        return;
      }
      case 'ended':
        this.#settle(report.id, ({ ended }) => {
          ended.resolve(report.exit);
        });
        return;
      case 'refused': {
        const { code, message, details } = report;
        this.#settle(report.id, ({ started }) => {
          started.reject(new RunError(code, message, details));
        });
      }
    }
  }

  #settle(id: number, settle: (launch: Launch) => void): void {
    const launch = this.#launches.get(id);
    this.#launches.delete(id);
    if (launch !== undefined) settle(launch);
  }
}

function interrupt({ started, ended }: Launch): void {
  started.reject(interrupted());
  ended.reject(interrupted());
}

function interrupted(): RunError {
  return new RunError(
    'NODE_INTERRUPTED',
    'the process that starts commands on this host was ended from outside; resume the run',
  );
}

/**
 * @param entry absolute path of `bin/signalbox-launcher.js`
 */
export function makeLauncherProcess(entry: string): Launcher {
  return new LauncherProcess(entry);
}
