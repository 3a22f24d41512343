import { isGrpcServiceError, ServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { RunError } from '../core/errors.js';

/** gRPC codes after which nobody knows whether the call took effect. */
const UNCERTAIN: ReadonlySet<number> = new Set([1, 2, 4, 8, 10, 13, 14]);
const UNREACHABLE_HINT =
  'check that it runs and that TEMPORAL_ADDRESS is right (signalbox doctor tells more)';

/** Runs a call of the client with a deadline. Temporal's own may overshoot by a second. */
export function withDeadline<Result>(
  client: Client,
  ms: number,
  call: () => Promise<Result>,
): Promise<Result> {
  return client.withDeadline(Date.now() + ms, call);
}

/** A failure of the way to Temporal, not an answer of it. Raw calls reject with gRPC's own errors. */
export function isServiceTrouble(error: unknown): boolean {
  if (isGrpcServiceError(error)) return UNCERTAIN.has(error.code);
  if (!(error instanceof ServiceError)) return false;
  return error.cause === undefined || !isGrpcServiceError(error.cause) || UNCERTAIN.has(error.cause.code);
}

/** @returns `TEMPORAL_UNREACHABLE` for trouble on the way; every other error as it is */
export function readableTrouble(
  error: unknown,
  address: string,
  details: Record<string, unknown> = {},
): unknown {
  if (!isServiceTrouble(error)) return error;
  const reason = (error as Error).cause instanceof Error ? ((error as Error).cause as Error).message : '';
  return new RunError(
    'TEMPORAL_UNREACHABLE',
    `Temporal at ${address} does not answer (${reason || (error as Error).message}); ${UNREACHABLE_HINT}`,
    details,
    { cause: error },
  );
}

export function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}
