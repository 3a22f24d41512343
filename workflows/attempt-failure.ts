import { isCancellation } from '@temporalio/workflow';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { fromFailure, rootMessage } from '../src/contract/failure.js';
import type { NodeId } from '../src/core/ids.js';
import type { NodeFailure } from '../src/core/run/task.js';

/** Failure types with which Temporal says that a worker was lost, or an operator started the attempt anew. */
const INTERRUPTIONS: readonly (string | null | undefined)[] = ['WorkerShutdown', 'ActivityReset'];

/** What it means for a node that its activity gave no result. */
export function attemptFailure(nodeId: NodeId, error: unknown): NodeFailure {
  if (isCancellation(error)) return { code: 'RUN_CANCELLED', message: `node '${nodeId}' was stopped` };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const isInterruption =
    cause instanceof TimeoutFailure ||
    (cause instanceof ApplicationFailure && INTERRUPTIONS.includes(cause.type));
  if (isInterruption) {
    return {
      code: 'NODE_INTERRUPTED',
      message: `node '${nodeId}' was interrupted: its worker was lost or restarted (${rootMessage(error)})`,
    };
  }
  const ours = fromFailure(error);
  return { code: ours?.code ?? 'INTERNAL', message: ours?.message ?? rootMessage(error) };
}
