import { Client, Connection } from '@temporalio/client';
import type { Config } from '../../config/config.js';
import type { StackEndpoints } from '../../ports/stack.js';
import { temporalPlace } from './temporal-place.js';

/** A client that connects at its first call; every call has a deadline of its caller's. */
export async function temporalClient(config: Config, endpoints: StackEndpoints): Promise<Client> {
  const { address, namespace, embedded } = endpoints.temporal;
  const options = embedded ? {} : (await temporalPlace(config)).options;
  return new Client({ connection: Connection.lazy({ ...options, address }), namespace });
}
