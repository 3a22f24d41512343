import { requireTemporal } from '../../client/temporal-calls.js';
import type { Config } from '../../config/config.js';
import type { Progress, Stack } from '../../ports/stack.js';
import { runWorker } from '../../../worker/main.js';
import { PATIENCE_MS, temporalClient } from './temporal.js';
import { temporalPlace } from './temporal-place.js';

/** This process as the worker of this machine and user. */
export async function runOwnWorker(config: Config, stack: Stack, tell: Progress): Promise<void> {
  // A worker that the stack's supervisor starts is part of what `ensure` would wait for.
  const isPartOfStack = process.send !== undefined;
  const endpoints = (isPartOfStack ? await stack.endpoints() : null) ?? (await stack.ensure(tell));
  const { address, namespace, embedded } = endpoints.temporal;
  const options = embedded ? {} : (await temporalPlace(config)).options;
  await requireTemporal({ client: await temporalClient(config, endpoints), address }, PATIENCE_MS);
  if (!isPartOfStack)
    tell(`serving runs of ${config.user} from Temporal at ${address}, namespace ${namespace}`);
  await runWorker(config, {
    temporal: { ...(options as object), address },
    namespace,
    databaseUrl: endpoints.database.url,
  });
}
