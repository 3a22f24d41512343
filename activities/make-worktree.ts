import type { Activities } from '../src/contract/activities.js';
import type { Box } from '../src/ports/box.js';
import type { IsolationTable } from '../src/ports/isolation-table.js';
import type { Worktrees } from '../src/ports/worktrees.js';
import { callingExecution } from './inside-run.js';
import type { TemporalPlace } from './open-box.js';
import { withHeartbeat } from './with-heartbeat.js';

export interface MakeWorktreePorts {
  readonly box: Box;
  readonly worktrees: Worktrees;
  readonly isolation: IsolationTable;
  readonly temporal: TemporalPlace;
}

/**
 * Makes the worktree in which a run is to work, in a box of the run's: hooks and filters are work. That box has
 * locked the path before there was a directory; the one for the nodes locks the directory itself. It has its row as
 * soon as it is there: one that could not be filled is listed, and cleaned up, like others.
 */
export const makeMakeWorktree =
  ({ box, worktrees, isolation, temporal }: MakeWorktreePorts): Activities['makeWorktree'] =>
  ({ owner, task }) =>
    withHeartbeat(async (signal) => {
      const { temporalRunId } = callingExecution();
      const { runId, workingPath, order, graceMs } = task;
      const boxOwner = { ...owner, ...temporal };
      await box.ensureOpen(boxOwner, temporalRunId);
      const whenThere = (branch: string | null): Promise<void> =>
        isolation.record({
          ...{ runId, workingPath, identifier: order.identifier },
          branch: branch ?? order.branch,
        });
      const ordered = { ...task, fenceToken: owner.fenceToken };
      const made = await worktrees.make(ordered, { signal, whenThere });
      await box.close({ ...owner, temporalRunId }, graceMs);
      await box.ensureOpen(boxOwner, temporalRunId);
      return made;
    });
