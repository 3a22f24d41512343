import { isGrpcServiceError, ServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { RunError } from '../core/errors.js';

/** gRPC codes after which nobody knows whether the call took effect. */
const UNCERTAIN: ReadonlySet<number> = new Set([1, 2, 4, 8, 10, 13, 14]);
/** With these the server turns down whoever asks, whatever is asked: no such namespace, no right, no Temporal. */
const DENIALS: ReadonlySet<number> = new Set([5, 7, 12, 16]);
const UNREACHABLE_HINT =
  'check that it runs and that TEMPORAL_ADDRESS is right (signalbox doctor tells more)';
const DENIAL_HINT =
  'check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the credentials (signalbox doctor tells more)';

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

/** @returns `TEMPORAL_UNREACHABLE` for trouble on the way, and for a denial; every other error as it is */
export function readableTrouble(
  error: unknown,
  address: string,
  details: Record<string, unknown> = {},
): unknown {
  const sentence = isServiceTrouble(error)
    ? `Temporal at ${address} does not answer (${reasonOf(error)}); ${UNREACHABLE_HINT}`
    : isDenial(error)
      ? `Temporal at ${address} turns us down (${reasonOf(error)}); ${DENIAL_HINT}`
      : null;
  return sentence === null
    ? error
    : new RunError('TEMPORAL_UNREACHABLE', sentence, details, { cause: error });
}

function isDenial(error: unknown): boolean {
  if (error instanceof NamespaceNotFoundError) return true;
  const answer = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(answer) && DENIALS.has(answer.code);
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return (cause instanceof Error && cause.message) || message;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}
