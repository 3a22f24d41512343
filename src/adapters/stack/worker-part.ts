import type { StackLayout } from './layout.js';
import { logFile } from './layout.js';
import type { StackOptions } from './options.js';
import type { Part } from './part.js';
import { startProcess, type PartProcess } from './part-process.js';
import { untilItServes } from './serve.js';

const READY_WITHIN_MS = 60_000;

/** Our worker, which finds its endpoints in the stack's state file and says over IPC when it polls. */
export function workerPart(layout: StackLayout, options: StackOptions): Part {
  return {
    name: 'worker',
    async launch(started, abandon) {
      const process = await startProcess(
        {
          title: 'The worker',
          argv: options.workerCommand,
          environment: options.environment,
          directory: layout.home,
          logFile: logFile(layout, 'worker'),
          withChannel: true,
        },
        started,
      );
      const isReady = readySignal(process);
      await untilItServes(process, { serves: isReady, withinMs: READY_WITHIN_MS, abandon });
      return { process, address: null };
    },
  };
}

function readySignal(process: PartProcess): () => boolean {
  let ready = false;
  process.child.on('message', (message) => {
    if (typeof message === 'object' && 'kind' in message && message.kind === 'ready') ready = true;
  });
  return () => ready;
}
