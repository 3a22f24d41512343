import type { Activities } from '../src/contract/activities.js';
import { RunError } from '../src/core/errors.js';
import type { Box } from '../src/ports/box.js';
import type { EnvironmentStore } from '../src/ports/run-files.js';
import type { RunTable } from '../src/ports/run-table.js';
import { withHeartbeat } from './with-heartbeat.js';

export interface CloseRunPorts {
  readonly box: Box;
  readonly environment: EnvironmentStore;
  readonly table: RunTable;
}

/**
 * Ends every process of the run, then writes that it has ended: a terminal row means that the work has
 * stopped. A table that cannot be reached is an answer, not a failure: the box is closed all the same.
 */
export const makeCloseRun =
  ({ box, environment, table }: CloseRunPorts): Activities['closeRun'] =>
  ({ runId, graceMs, write }) =>
    withHeartbeat(async () => {
      await box.close(runId, graceMs);
      await environment.remove(runId);
      if (write === null) return { isMirrored: false };
      try {
        await table.write(write);
        return { isMirrored: true };
      } catch (error) {
        if (error instanceof RunError && error.code === 'RUN_TABLE_UNREACHABLE') return { isMirrored: false };
        throw error;
      }
    });
