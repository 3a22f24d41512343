import type { ConnectionOptions } from '@temporalio/client';
import type { Config } from '../../config/config.js';
import { RunError } from '../../core/errors.js';

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
