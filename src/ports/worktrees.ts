import type { MadeWorktree, WorktreeTask } from '../core/isolation/worktree-order.js';

/** Makes the worktrees of runs, in the runs' boxes: hooks and filters are work. */
export interface Worktrees {
  /**
   * Makes one, or finishes what an earlier attempt began, or takes what is there. To be called by the one that
   * holds the lease on its path, with the box of the run open.
   * @throws RunError `WORKTREE_FAILED` · `NODE_INTERRUPTED` · `NODE_UNSTARTABLE` · the signal's reason
   */
  make(task: WorktreeTask, making: WorktreeMaking): Promise<MadeWorktree>;
}

export interface WorktreeMaking {
  /** Ends it. */
  readonly signal: AbortSignal;
  /**
   * Called once git has the worktree, and before it is filled: whatever becomes of that, it is there.
   * @param branch the one it is on; null: on none
   */
  readonly whenThere: (branch: string | null) => Promise<void>;
}

/** A repository as the machine's files show it. */
export interface RepositorySight {
  /** Main checkout, real and absolute. */
  readonly directory: string;
  /** URL of the remote that stands for it; null: it has none. */
  readonly remoteUrl: string | null;
  /** Where a branch is checked out apart from the main checkout; null: nowhere. */
  worktreeOf(branch: string): Promise<string | null>;
}

/** Finds repositories by their files: the `git` program refuses those of other users and obeys `GIT_DIR`. */
export interface Repositories {
  /** @param remote which one stands for the project; null: `origin`, else the only one */
  find(directory: string, remote: string | null): Promise<RepositorySight | null>;
  /** Whether a directory has a `.git` that leads to no repository that this user may read. */
  isBroken(directory: string): Promise<boolean>;
  /** The real path of what may not exist yet. @throws RunError `WORKING_PATH_INVALID` */
  futurePath(path: string): Promise<string>;
}
