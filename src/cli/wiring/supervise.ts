import { migrate } from '../../adapters/postgres/index.js';
import { runSupervisor } from '../../adapters/stack/supervisor.js';
import type { Config } from '../../config/config.js';
import { RunError } from '../../core/errors.js';
import { stackOptions } from './stack-options.js';

/** This process as the one that keeps the local stack alive. */
export async function supervise(config: Config, version: string): Promise<void> {
  const exitCode = await runSupervisor({
    ...(await stackOptions(config, version)),
    prepare: ({ database }) => migrate(database.url),
  });
  if (exitCode !== 0) {
    throw new RunError('STACK_PART_FAILED', 'the local stack did not come up; its log tells why', {
      exitCode,
    });
  }
}
