import { ticketWorkflowId } from '../src/contract/workflow-id.js';
import { isTerminal } from '../src/core/mirror/rows.js';
import type { Clock } from '../src/ports/clock.js';
import type { ExecutionWatch } from '../src/ports/executions.js';
import type { LeftEnvironment, LeftEnvironments } from '../src/ports/run-files.js';
import type { RunReader } from '../src/ports/run-table.js';
import type { PeriodicTask } from './periodic-tasks.js';

export interface SweepPorts {
  readonly environments: LeftEnvironments;
  readonly reader: Pick<RunReader, 'findByPrefix'>;
  readonly executions: Pick<ExecutionWatch, 'inspect'>;
  readonly clock: Clock;
  /** Of the Temporal that this worker serves; those of others are theirs to sweep. */
  readonly temporalNamespaceId: string;
}

/** Longer than any start takes, and any list or row lags. */
const YOUNG_MS = 10 * 60_000;
const EVERY_MS = 10 * 60_000;

/**
 * Removes environments that nobody will use: their clients died before the start, or never knew whether there was one;
 * or their runs were refused at their beginning, which may not remove anything, since a copied start request has the
 * run id of somebody else.
 */
export function sweepEnvironments(ports: SweepPorts): PeriodicTask {
  const { environments, clock } = ports;
  return {
    name: 'sweep environments',
    everyMs: EVERY_MS,
    run: async (signal) => {
      const before = new Date(clock.now().getTime() - YOUNG_MS);
      await environments.removeDrafts(before);
      for (const left of await environments.list()) {
        if (signal.aborted) return;
        if (left.savedAt < before && !(await isOfUse(left, ports))) await environments.remove(left.runId);
      }
    },
  };
}

/** In doubt, yes: asked of Temporal first, which is where a run begins. */
async function isOfUse({ runId, owner }: LeftEnvironment, ports: SweepPorts): Promise<boolean> {
  const { executions, reader, temporalNamespaceId } = ports;
  if (temporalNamespaceId === '' || owner.temporalNamespaceId !== temporalNamespaceId) return true;
  const holder = await executions.inspect(owner.temporalWorkflowId, null);
  if (holder?.isOpen === true && (holder.runId ?? runId) === runId) return true;
  if ((await executions.inspect(ticketWorkflowId(runId), null))?.isOpen === true) return true;
  const [row] = await reader.findByPrefix(runId, 1);
  return row !== undefined && !isTerminal(row.status);
}
