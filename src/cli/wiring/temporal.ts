import { Client, Connection } from '@temporalio/client';
import type { Config } from '../../config/config.js';
import { RunError } from '../../core/errors.js';
import type { StackEndpoints } from '../../ports/stack.js';
import { temporalPlace } from './temporal-place.js';

const CONNECT_MS = 3_000;

/** A client that connects at its first call; every call has a deadline of its caller's. */
export async function temporalClient(config: Config, endpoints: StackEndpoints): Promise<Client> {
  const { address, namespace, embedded } = endpoints.temporal;
  const options = embedded ? {} : (await temporalPlace(config)).options;
  const connection = Connection.lazy({ ...options, address, connectTimeout: CONNECT_MS });
  return new Client({ connection, namespace });
}

/** @throws RunError `TEMPORAL_UNREACHABLE` within a few seconds */
export async function requireTemporal({ connection }: Client, address: string): Promise<void> {
  try {
    await connection.ensureConnected();
  } catch (error) {
    throw new RunError(
      'TEMPORAL_UNREACHABLE',
      `Temporal at ${address} does not answer (${error instanceof Error ? error.message : String(error)}); check that it runs, and TEMPORAL_ADDRESS and its TLS settings, or run signalbox up for the local one`,
      { address },
      { cause: error },
    );
  }
}
