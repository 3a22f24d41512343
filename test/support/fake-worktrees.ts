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
  /** Likewise, when it is there already. */
  onFill: () => Promise<void> = () => Promise.resolve();
  /** What the next ones are made with. */
  warnings: readonly string[] = [];

  readonly worktrees: Worktrees = {
    make: async (task, { signal, whenThere }) => {
      this.ordered.push(task);
      await this.onMake(task, signal);
      const { branch } = task.order;
      await whenThere(branch);
      await this.onFill();
      return { isAdopted: false, branch, warnings: this.warnings };
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
  isBroken: () => Promise.resolve(false),
  futurePath: (path) => Promise.resolve(path),
};
