import type { WorktreeTask } from '../../src/core/isolation/worktree-order.js';
import type { IsolationTable, RunWorktree } from '../../src/ports/isolation-table.js';
import type { Repositories, Worktrees } from '../../src/ports/worktrees.js';

type OnMake = (task: WorktreeTask, signal: AbortSignal) => Promise<void>;

/** Remembers what is ordered, and makes nothing. */
export class FakeWorktrees {
  readonly ordered: WorktreeTask[] = [];
  readonly recorded: RunWorktree[] = [];
  /** May fail, or wait. */
  onMake: OnMake = () => Promise.resolve();

  readonly worktrees: Worktrees = {
    make: async (task, signal) => {
      this.ordered.push(task);
      await this.onMake(task, signal);
      return { isAdopted: false, branch: task.order.branch, warnings: [] };
    },
  };
  readonly isolation: IsolationTable = {
    record: (worktree) => {
      this.recorded.push(worktree);
      return Promise.resolve();
    },
  };
}

/** A machine without any repository. */
export const NO_REPOSITORIES: Repositories = {
  find: () => Promise.resolve(null),
  futurePath: (path) => Promise.resolve(path),
};
