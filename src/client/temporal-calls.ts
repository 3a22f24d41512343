import { setTimeout as wait } from 'node:timers/promises';
import { isGrpcServiceError, ServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { RunError } from '../core/errors.js';
import { whyUnreachable } from './why-unreachable.js';

/** gRPC codes after which nobody knows whether the call took effect. */
const UNCERTAIN: ReadonlySet<number> = new Set([1, 2, 4, 8, 10, 13, 14]);
/** With these the server turns down whoever asks, whatever is asked: no such namespace, no right, no Temporal. */
const DENIALS: ReadonlySet<number> = new Set([5, 7, 12, 16]);
const LATE: ReadonlySet<number> = new Set([4]);
/** Temporal's own deadline goes first: its errors say more. */
const OVERSHOOT_MS = 250;
const UNREACHABLE_HINT =
  'check that it runs and that TEMPORAL_ADDRESS is right (signalbox doctor tells more)';
const DENIAL_HINT =
  'check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the credentials (signalbox doctor tells more)';

/** A Temporal that calls go to, and how messages name it. */
export interface Temporal {
  readonly client: Client;
  readonly address: string;
}

/** Runs a call of the client with a deadline. Its own may pass unnoticed for seconds, between two tries. */
export async function withDeadline<Result>(
  client: Client,
  ms: number,
  call: () => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const late = wait(ms + OVERSHOOT_MS, null, { signal: over.signal, ref: false }).then(() => {
    throw new ServiceError('no answer in time');
  });
  try {
    return await Promise.race([client.withDeadline(Date.now() + ms, call), late]);
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

/** A failure of the way to Temporal, not an answer of it. Raw calls reject with gRPC's own errors. */
export function isServiceTrouble(error: unknown): boolean {
  if (isGrpcServiceError(error)) return UNCERTAIN.has(error.code);
  if (!(error instanceof ServiceError)) return false;
  return error.cause === undefined || !isGrpcServiceError(error.cause) || UNCERTAIN.has(error.cause.code);
}

/** @returns `TEMPORAL_UNREACHABLE` for trouble on the way, and for a denial; every other error as it is */
export async function readableTrouble(
  error: unknown,
  { client, address }: Temporal,
  details: Record<string, unknown> = {},
): Promise<unknown> {
  const sentence = isServiceTrouble(error)
    ? unreachable(address, (await whyUnreachable(client.connection)) ?? reasonOf(error))
    : isDenial(error)
      ? `Temporal at ${address} turns us down (${reasonOf(error)}); ${DENIAL_HINT}`
      : null;
  return sentence === null
    ? error
    : new RunError('TEMPORAL_UNREACHABLE', sentence, details, { cause: error });
}

const unreachable = (address: string, reason: string): string =>
  `Temporal at ${address} does not answer (${reason}); ${UNREACHABLE_HINT}`;

const PAUSE_MS = 300;

/** Why Temporal does not answer for `patienceMs` and a little; null: it does. */
export async function whyAway(
  { client }: Pick<Temporal, 'client'>,
  patienceMs: number,
): Promise<string | null> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const reason = await whyUnreachable(client.connection);
    if (reason === null || Date.now() + PAUSE_MS >= end) return reason;
    await wait(PAUSE_MS);
  }
}

/** @throws RunError `TEMPORAL_UNREACHABLE` when it does not answer for `patienceMs` and a little */
export async function requireTemporal(temporal: Temporal, patienceMs: number): Promise<void> {
  const { address } = temporal;
  const reason = await whyAway(temporal, patienceMs);
  if (reason !== null) throw new RunError('TEMPORAL_UNREACHABLE', unreachable(address, reason), { address });
}

function isDenial(error: unknown): boolean {
  if (error instanceof NamespaceNotFoundError) return true;
  const answer = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(answer) && DENIALS.has(answer.code);
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  if ([error, cause].some((one) => isGrpcServiceError(one) && LATE.has(one.code))) {
    return 'no answer in time';
  }
  return (cause instanceof Error && cause.message) || message;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}
