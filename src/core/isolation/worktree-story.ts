/** The pull request of a branch, as one sees it. */
export interface PullRequestSight {
  readonly number: number;
  readonly title: string;
  readonly url: string;
  readonly state: 'open' | 'merged' | 'closed';
}

/** What has happened in a worktree. Empty texts: nothing, or git does not tell. */
export interface WorktreeStory {
  readonly branch: string;
  /** The newest commits, one per line. */
  readonly commits: string;
  /** How its branch differs from its base, file by file. */
  readonly changes: string;
  /** Null: there is none, or nobody can be asked. */
  readonly pullRequest: PullRequestSight | null;
}
