import { Client, Connection } from '@temporalio/client';
import type { Config } from '../../config/config.js';
import type { StackEndpoints } from '../../ports/stack.js';
import { temporalPlace } from './temporal-place.js';

const CONNECT_MS = 3_000;
/** How long a Temporal that does not answer is asked again: it may be coming up. */
export const PATIENCE_MS = 2_000;

/** A client that connects at its first call; every call has a deadline of its caller's. */
export async function temporalClient(config: Config, endpoints: StackEndpoints): Promise<Client> {
  const { address, namespace, embedded } = endpoints.temporal;
  const options = embedded ? {} : (await temporalPlace(config)).options;
  const connection = Connection.lazy({ ...options, address, connectTimeout: CONNECT_MS });
  return new Client({ connection, namespace });
}
