import { Context } from '@temporalio/activity';
import type { Sign } from '../src/contract/activities.js';

const HEARTBEAT_INTERVAL_MS = 200;

/** Shows whoever describes the execution what the activity waits for; null: it works. */
export type Show = (sign: Sign | null) => void;

/**
 * Heartbeats while the work goes on, so that a cancellation reaches it within half a second.
 * Whatever the work throws after it was told to stop, Temporal is given the reason it was told with: an
 * `AbortError` in its place would be refused by the server, and the attempt would hang.
 */
export async function withHeartbeat<Result>(
  work: (signal: AbortSignal, show: Show) => Promise<Result>,
): Promise<Result> {
  const context = Context.current();
  let sign: Sign | null = null;
  const timer = setInterval(() => context.heartbeat(sign ?? undefined), HEARTBEAT_INTERVAL_MS);
  // Told with the next heartbeat: most waits are over before, and each heartbeat is a write of Temporal's.
  const show: Show = (shown) => (sign = shown);
  try {
    return await work(context.cancellationSignal, show);
  } catch (error) {
    const reason: unknown = context.cancellationSignal.reason;
    throw reason instanceof Error ? reason : error;
  } finally {
    clearInterval(timer);
  }
}
