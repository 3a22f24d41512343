import type { RunId } from '../ids.js';

/** What config files say of worktrees (`worktree:`). Null: not said. */
export interface WorktreeSettings {
  /** Whether runs get one, unless their caller or definition says otherwise. Absent: not said. */
  readonly isWanted?: boolean;
  readonly baseBranch: string | null;
  /** Files that git ignores and a new worktree gets all the same; relative, inside the repository. */
  readonly copyFiles: readonly string[];
  readonly initSubmodules: boolean;
  /** Folder of the repository that holds its worktrees; null: `$ARCHON_HOME` does. */
  readonly path: string | null;
  readonly remote: string | null;
}

export const DEFAULT_WORKTREE_SETTINGS: WorktreeSettings = {
  baseBranch: null,
  copyFiles: [],
  initSubmodules: true,
  path: null,
  remote: null,
};

/** Which worktree a run is to have; it lies in the run's working path. Plain JSON: it travels in the start request. */
export interface WorktreeOrder {
  /** Main checkout of the repository, absolute and real. */
  readonly repository: string;
  /** What the task is called: the key of its row among the isolation environments. */
  readonly identifier: string;
  readonly branch: string;
  /** Where a new branch begins; null: at its base. */
  readonly from: string | null;
  /** Null: git's files tell. */
  readonly baseBranch: string | null;
  /** Null: `origin`, else the only one, else none. */
  readonly remote: string | null;
  readonly copyFiles: readonly string[];
  readonly initSubmodules: boolean;
}

/** A worktree that a run is to have. */
export interface WorktreeTask {
  readonly runId: RunId;
  /** Generation of the box in which it is made; absent: of whichever is open. */
  readonly fenceToken?: string;
  /** Where it will lie: the working path of the run. */
  readonly workingPath: string;
  readonly order: WorktreeOrder;
  /** Nodes of the run have completed in it, so none is made anew in its place. Absent: no. */
  readonly holdsWork?: boolean;
  /** What its branch is based on; empty: git's files do not tell. */
  readonly baseBranch: string;
  /** Directory of the run's artifacts; what git prints goes through files in it. */
  readonly artifactsDir: string;
  readonly hasClientEnvironment: boolean;
  /** From the polite signal to SIGKILL when git is stopped. */
  readonly graceMs: number;
}

/** A worktree that is there. */
export interface MadeWorktree {
  /** It was there before. */
  readonly isAdopted: boolean;
  /** The branch it is on; null: on none. */
  readonly branch: string | null;
  /** What its user should know, a sentence each. */
  readonly warnings: readonly string[];
}
