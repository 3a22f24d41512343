import type { Config } from '../../config/config.js';
import type { Stack, StackEndpoints } from '../../ports/stack.js';
import type { Finding } from '../context.js';
import type { Check, Seen } from './check.js';
import { machineChecks } from './examine-machine.js';

export interface Examination {
  readonly config: Config;
  readonly stack: Stack;
  readonly onFinding: (finding: Finding) => void;
}

/** Looks at everything that runs depend on. Starts nothing, changes nothing. */
export async function examine({ config, stack, onFinding }: Examination): Promise<void> {
  for (const warning of config.warnings) {
    onFinding({ name: 'environment', verdict: 'warn', text: warning, advice: 'correct or unset it' });
  }
  await run(machineChecks(config), onFinding);
  const endpoints = await stack.endpoints();
  if (endpoints === null) {
    onFinding({
      name: 'local stack',
      verdict: 'warn',
      text: 'down; the first command that needs it brings it up',
      advice: 'run signalbox up to see whether it comes up',
    });
    return;
  }
  if (differs(config, endpoints)) {
    onFinding({
      name: 'local stack',
      verdict: 'fail',
      text: 'up, but for another TEMPORAL_ADDRESS or DATABASE_URL than are set now',
      advice: 'run signalbox down, or name another SIGNALBOX_HOME',
    });
  }
  const { serverChecks } = await import('./examine-servers.js');
  await run(await serverChecks(config, endpoints), onFinding);
}

/** Commands refuse a stack that was brought up for other servers. */
function differs(config: Config, { temporal, database }: StackEndpoints): boolean {
  return (
    config.temporal.isExternal === temporal.embedded || (config.databaseUrl !== null) === database.embedded
  );
}

async function run(checks: readonly Check[], onFinding: (finding: Finding) => void): Promise<void> {
  for (const { name, look } of checks) onFinding({ name, ...(await look().catch(fault)) });
}

/** A check that could not be made is a fault of what it looks at; our errors say what to do. */
function fault(error: unknown): Seen {
  return { verdict: 'fail', text: error instanceof Error ? error.message : String(error), advice: null };
}
