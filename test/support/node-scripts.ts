import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { toOutput } from '../../src/core/expression/output.js';
import type { AttemptResult, AttemptTask } from '../../src/core/run/task.js';

/** What a node does when the workflow asks for it. */
export type NodeScript = (task: AttemptTask, signal: AbortSignal) => Promise<AttemptResult>;

/** A node that completes at once with a text. */
export const says =
  (text: string): NodeScript =>
  (task) =>
    Promise.resolve({
      kind: 'completed',
      output: toOutput(text, task.fieldsRead),
      stderr: '',
      durationMs: 1,
    });

/** A node that fails. */
export const fails =
  (message: string): NodeScript =>
  () =>
    Promise.resolve({ kind: 'failed', failure: { code: 'NODE_FAILED', message }, durationMs: 1 });

/** A node whose attempts go one way after the other; the last way stays. */
export const inTurn =
  (...ways: readonly [NodeScript, ...NodeScript[]]): NodeScript =>
  (task, signal) =>
    ways[Math.min(task.attempt, ways.length) - 1]!(task, signal);

/** A node that runs until it is stopped. */
export const runsUntilStopped: NodeScript = (_task, signal) =>
  new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });

/** A node whose worker shuts down under it, in the words of Temporal. */
export const losesItsWorker: NodeScript = () =>
  Promise.reject(ApplicationFailure.create({ type: 'WorkerShutdown', message: 'Worker is shutting down' }));

/** A node of whose life Temporal hears nothing: its heartbeats get lost. */
export const fallsSilent: NodeScript = (task, signal) => {
  Object.defineProperty(Context.current(), 'heartbeat', { value: () => undefined });
  return runsUntilStopped(task, signal);
};

export interface Latch {
  readonly script: NodeScript;
  /** Settles once the node runs. */
  readonly reached: Promise<void>;
  open(): void;
}

/** A node that runs until the test lets it go on; it can be stopped like any other. */
export function aLatch(then: NodeScript = says('let go')): Latch {
  let reach = (): void => undefined;
  let open = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  return {
    script: async (task, signal) => {
      reach();
      await Promise.race([opened, runsUntilStopped(task, signal)]);
      return then(task, signal);
    },
    reached,
    open: () => open(),
  };
}
