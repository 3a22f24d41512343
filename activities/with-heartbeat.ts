import { Context } from '@temporalio/activity';

const HEARTBEAT_INTERVAL_MS = 200;

/**
 * Heartbeats while the work goes on, so that a cancellation reaches it within half a second.
 * Whatever the work throws after it was told to stop, Temporal is given the reason it was told with: an
 * `AbortError` in its place would be refused by the server, and the attempt would hang.
 */
export async function withHeartbeat<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const timer = setInterval(() => {
    context.heartbeat();
  }, HEARTBEAT_INTERVAL_MS);
  try {
    return await work(context.cancellationSignal);
  } catch (error) {
    const reason: unknown = context.cancellationSignal.reason;
    throw reason instanceof Error ? reason : error;
  } finally {
    clearInterval(timer);
  }
}
