import type { WorktreeStory } from '../core/isolation/worktree-story.js';

/** A worktree as git and its files show it. */
export interface WorktreeSight {
  readonly isThere: boolean;
  readonly isDirty: boolean;
  readonly isLocked: boolean;
  readonly isMerged: boolean;
  /** Commits that are on no branch and at no remote. */
  readonly hasLooseCommits: boolean;
}

export interface WorktreeName {
  /** Main checkout of its repository. */
  readonly repository: string;
  readonly workingPath: string;
  readonly branch: string;
}

/** Looks at worktrees, and removes them. */
export interface WorktreeCare {
  /** @param baseBranch what its branch is based on; empty: not known, and nothing counts as merged */
  look(worktree: WorktreeName, baseBranch: string): Promise<WorktreeSight>;
  /** What has happened on a branch since its base. */
  tell(worktree: WorktreeName, baseBranch: string): Promise<Pick<WorktreeStory, 'commits' | 'changes'>>;
  /** Whether a commit has all that the branch has; no: where git here does not know it. */
  isIn(worktree: WorktreeName, commit: string): Promise<boolean>;
  /**
   * Removes a worktree while nobody else can begin to work in it.
   * @param mayGo asked once that is so
   * @returns false: somebody works there, or it may not go
   * @throws RunError `WORKTREE_FAILED`
   */
  remove(worktree: WorktreeName, mayGo: () => Promise<boolean>): Promise<boolean>;
  /** Here, and where a remote has it: there, too. @throws RunError `WORKTREE_FAILED` */
  removeBranch(worktree: WorktreeName, where: { readonly isRemoteToo: boolean }): Promise<void>;
}
