import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { RunError } from '../../core/errors.js';
import type { ExecutionName, Executions } from '../../ports/executions.js';
import type { PathWatch } from '../../ports/path-watch.js';

/** Temporal answers a long poll after 20 s at the latest. */
const POLL_MS = 40_000;
const { HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT } = proto.temporal.api.enums.v1.HistoryEventFilterType;

/** A watch over Temporal's long polls: the server answers the moment an execution closes. @param address for messages */
export function makePathWatch(
  client: Client,
  executions: Pick<Executions, 'describe'>,
  address: string,
): PathWatch {
  return {
    untilFree: async (temporalWorkflowId, signal) => {
      for (;;) {
        signal.throwIfAborted();
        const current = await executions.describe(temporalWorkflowId);
        if (current === null || !current.isOpen) return;
        await untilAborted(signal, untilClosed(client, current, address));
      }
    },
  };
}

/** Returns when the execution has closed, or when Temporal has nothing to tell for a while. */
async function untilClosed(client: Client, execution: ExecutionName, address: string): Promise<void> {
  const { temporalWorkflowId: workflowId, temporalRunId: runId } = execution;
  try {
    await client.withDeadline(Date.now() + POLL_MS, () =>
      client.workflowService.getWorkflowExecutionHistory({
        namespace: client.options.namespace,
        execution: { workflowId, runId },
        waitNewEvent: true,
        historyEventFilterType: HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
      }),
    );
  } catch (error) {
    if (isSilence(error)) return;
    throw new RunError(
      'TEMPORAL_UNREACHABLE',
      `Temporal at ${address} does not say when ${workflowId} closes (${String(error)}); it is asked again`,
      { address },
      { cause: error },
    );
  }
}

/** gRPC's DEADLINE_EXCEEDED, nothing happened; and NOT_FOUND, deleted meanwhile. */
const SILENT: readonly unknown[] = [4, 5];

const isSilence = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && SILENT.includes(error.code);

/** Settles as the work does, unless the signal aborts first. The work goes on unheard. */
async function untilAborted(signal: AbortSignal, work: Promise<void>): Promise<void> {
  work.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
