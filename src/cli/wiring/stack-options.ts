import { join } from 'node:path';
import type { StackOptions } from '../../adapters/stack/options.js';
import { packageRoot } from '../../adapters/stack/package-root.js';
import type { Config } from '../../config/config.js';
import { SEARCH_ATTRIBUTE_NAMES } from '../../contract/memo.js';
import { temporalPlace } from './temporal-place.js';

/** What the local stack is made of here: what the configuration leaves to us. */
export async function stackOptions(config: Config, version: string): Promise<StackOptions> {
  const own = [process.execPath, join(packageRoot(), 'bin', 'signalbox.js')];
  const place = config.temporal.isExternal ? await temporalPlace(config) : null;
  return {
    home: config.home,
    environment: config.environment,
    temporalCli: config.temporalCliPath ?? undefined,
    testServer: config.testServerPath ?? undefined,
    version,
    temporalAddress: place?.address,
    temporalNamespace: place?.namespace ?? 'default',
    databaseUrl: config.databaseUrl ?? undefined,
    supervisorCommand: [...own, 'stack-supervisor'],
    workerCommand: [...own, 'worker'],
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTE_NAMES.map((name) => [name, 'Keyword' as const])),
  };
}
