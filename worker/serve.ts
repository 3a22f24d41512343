import { join } from 'node:path';
import type { Worker } from '@temporalio/worker';
import type { LifeLock } from '../src/adapters/stack/life-lock.js';
import { RunError } from '../src/core/errors.js';
import type { Logger } from '../src/ports/logger.js';
import { runPeriodically, type PeriodicTask } from './periodic-tasks.js';
import { untilAlone } from './stand-by.js';

/** What one worker process does, in the order in which it does it. */
export interface Service {
  /** `$XDG_STATE_HOME/signalbox`. */
  readonly stateDirectory: string;
  readonly temporalNamespaceId: string;
  readonly logger: Logger;
  /** Once it is alone, first of all. @throws RunError why it must not serve */
  claim(signal: AbortSignal): Promise<void>;
  /** Before it polls. */
  prepare(signal: AbortSignal): Promise<void>;
  makeWorkers(): Promise<readonly Worker[]>;
  /** While it polls. */
  readonly tasks: readonly PeriodicTask[];
}

/**
 * Serves until the signal: alone among the workers of this user and Temporal namespace on this machine.
 * standing by → claiming → preparing → polling → over. Whoever polls has the lock, and it is held until the last
 * attempt has ended.
 * @param signal ends it; a `RunError` for a reason is what it then throws
 * @param onReady told when it stands by, and when it polls
 */
export async function serve(service: Service, signal: AbortSignal, onReady: () => void): Promise<void> {
  const { stateDirectory, temporalNamespaceId, logger } = service;
  const directory = join(stateDirectory, 'worker', `${temporalNamespaceId}.lock`);
  const lock = await untilAlone(directory, {
    signal,
    onStandBy: () => {
      logger.info({ directory }, 'another worker serves; standing by');
      onReady();
    },
  });
  if (lock === null) return;
  await serveAlone(service, lock, signal, onReady);
}

async function serveAlone(
  service: Service,
  lock: LifeLock,
  signal: AbortSignal,
  onReady: () => void,
): Promise<void> {
  try {
    await service.claim(signal);
    if (signal.aborted) return;
    const [workers] = await Promise.all([service.makeWorkers(), service.prepare(signal)]);
    onReady();
    await poll(workers, service, signal);
  } finally {
    lock.release();
  }
}

/** All workers end together: one that fails takes the others along. */
async function poll(workers: readonly Worker[], service: Service, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const stop = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    over.abort();
  };
  const polling = workers.map((worker) => worker.run().finally(stop));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const tasks = runPeriodically(service.tasks, { signal: over.signal, logger: service.logger });
  const settled = await Promise.allSettled([...polling, tasks]);
  signal.removeEventListener('abort', stop);
  if (signal.reason instanceof RunError) throw signal.reason;
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason as unknown;
}
