import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { Config } from '../../config/config.js';
import { RunError } from '../../core/errors.js';
import type { StackEndpoints } from '../../ports/stack.js';

/** A Temporal of the user's own, as the environment and Temporal's configuration file describe it. */
export interface TemporalPlace {
  readonly address: string;
  readonly namespace: string;
  /** TLS, API key and the like beside the address. */
  readonly options: ConnectionOptions;
}

const DEFAULT_ADDRESS = 'localhost:7233';

/** @throws RunError `CONFIG_INVALID` when Temporal's own configuration cannot be read */
export async function temporalPlace(config: Config): Promise<TemporalPlace> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({
      overrideEnvVars: { ...config.environment },
    });
    return {
      address: connectionOptions.address ?? DEFAULT_ADDRESS,
      namespace: namespace ?? 'default',
      options: connectionOptions,
    };
  } catch (error) {
    throw new RunError(
      'CONFIG_INVALID',
      `Temporal's own configuration cannot be used: ${error instanceof Error ? error.message : String(error)}; correct TEMPORAL_CONFIG_FILE or the TEMPORAL_ variables`,
      {},
      { cause: error },
    );
  }
}

/** A client that connects at its first call; every call has a deadline of its caller's. */
export async function temporalClient(config: Config, endpoints: StackEndpoints): Promise<Client> {
  const { address, namespace, embedded } = endpoints.temporal;
  const options = embedded ? {} : (await temporalPlace(config)).options;
  return new Client({ connection: Connection.lazy({ ...options, address }), namespace });
}
