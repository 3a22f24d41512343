import type { NodeId } from '../src/core/ids.js';
import type { RunEvent } from '../src/core/run/run-state.js';
import type { AttemptResult, NodeFailure } from '../src/core/run/task.js';
import type { TurnResult } from '../src/core/run/turn-task.js';
import { now } from './live-run.js';

/** How an attempt ended. `durationMs` undefined: the host did not say. */
export type AttemptEnd =
  | AttemptResult
  | TurnResult
  | { readonly kind: 'failed'; readonly failure: NodeFailure; readonly durationMs?: undefined };

/** @param begunAt when the attempt began, by Temporal's clock */
export function attemptEvent(nodeId: NodeId, attempt: number, begunAt: number, result: AttemptEnd): RunEvent {
  const about = { nodeId, attempt, at: now() };
  if (result.kind === 'failed') {
    const { failure, durationMs = Date.now() - begunAt } = result;
    return { type: 'attemptFailed', ...about, failure, durationMs };
  }
  const { durationMs, output, artifact } = result;
  const kept = artifact === undefined ? {} : { artifact };
  const session = 'session' in result ? { session: result.session } : {};
  return { type: 'nodeCompleted', ...about, output, durationMs, ...kept, ...session };
}
