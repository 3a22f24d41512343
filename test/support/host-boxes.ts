import { findContainment, type Containment } from '../../src/adapters/box/containment.js';
import type { Launcher } from '../../src/adapters/box/launcher.js';
import { makeBox } from '../../src/adapters/box/make-box.js';
import type { Box } from '../../src/ports/box.js';
import type { ExecutionFacts, Executions } from '../../src/ports/executions.js';
import type { Logger } from '../../src/ports/logger.js';
import { EXECUTION } from '../ports/box.contract.js';
import { silentLogger } from './silent-logger.js';
import { tempDirectory } from './temp-directory.js';

/** What a Temporal says that knows every ID as open, its current execution being `EXECUTION`. */
export function allOpen(
  over: ReadonlyMap<string, Partial<ExecutionFacts> | null> = new Map(),
): Pick<Executions, 'describe'> {
  return {
    describe: (temporalWorkflowId) => {
      const facts = over.get(temporalWorkflowId);
      const open = { temporalWorkflowId, temporalRunId: EXECUTION, isOpen: true, statusName: 'RUNNING' };
      return Promise.resolve(facts === null ? null : { ...open, ...facts });
    },
  };
}

export interface HostBoxOptions {
  readonly level: 1 | 2 | 3 | 4;
  readonly stateDirectory?: string;
  readonly executions?: Pick<Executions, 'describe'>;
  readonly launcher?: Launcher;
  readonly logger?: Logger;
  /** What stands in for the program that locks, absolute. */
  readonly flock?: string;
}

async function containmentOf(level: 1 | 2 | 3 | 4): Promise<Containment> {
  if (level === 4) return { level, programs: null, shortcoming: null };
  const containment = await findContainment(level);
  if (containment.level === level) return containment;
  throw new Error(`level ${level} cannot be had here: ${containment.shortcoming}`);
}

/** A real box, whose records lie in a directory of the test's own. @throws when its level cannot be had here */
export async function openHostBox({ level, ...options }: HostBoxOptions): Promise<Box> {
  const found = await containmentOf(level);
  const { flock } = options;
  const isFaked = flock !== undefined && found.programs !== null;
  return makeBox({
    containment: isFaked ? { ...found, programs: { ...found.programs, flock } } : found,
    stateDirectory: options.stateDirectory ?? tempDirectory(),
    executions: options.executions ?? allOpen(),
    logger: options.logger ?? silentLogger,
    killLimitMs: 5_000,
    ...(options.launcher === undefined ? {} : { launcher: options.launcher }),
  });
}
