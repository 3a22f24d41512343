import type { PullRequestSight } from '../core/isolation/worktree-story.js';

/** A request to merge a branch. */
export interface PullRequest extends PullRequestSight {
  /** The newest commit that it has. */
  readonly head: string;
}

/** What the place where a repository is published knows of its branches. */
export interface PullRequests {
  /** Newest first. @throws RunError `PULL_REQUESTS_UNREACHABLE` */
  of(repository: string, branch: string): Promise<readonly PullRequest[]>;
}
