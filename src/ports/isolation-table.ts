import type { RunId } from '../core/ids.js';

/** The worktree of a run, as the tables have to know it. */
export interface RunWorktree {
  readonly runId: RunId;
  /** What its task is called. */
  readonly identifier: string;
  readonly branch: string;
  readonly workingPath: string;
}

/** An isolation environment that has not been given up. */
export interface EnvironmentRecord {
  /** UUID. */
  readonly id: string;
  readonly identifier: string;
  /** `task`, or another of Archon's. */
  readonly type: string;
  readonly branch: string;
  readonly workingPath: string;
  /** Main checkout of its repository. */
  readonly repository: string;
  /** `signalbox`, or who else made it. */
  readonly platform: string | null;
  /** ISO-8601 UTC: when it was made, or a run last worked in it. */
  readonly lastUsedAt: string;
  /** By the tables a run is in it, or waits: one of ours, or Archon's. */
  readonly hasOpenRow: boolean;
}

/** Archon's table of isolation environments: its tools list, re-use and clean up by it. */
export interface IsolationTable {
  /** Repeated, and for a task that has one, it changes the one there is. @throws RunError `RUN_TABLE_UNREACHABLE` */
  record(worktree: RunWorktree): Promise<void>;
}

export interface IsolationRows {
  /** Of one repository; null: of all. @throws RunError `DATABASE_UNREACHABLE` */
  active(repository: string | null): Promise<readonly EnvironmentRecord[]>;
  /** Notes that the worktree is gone. @throws RunError `DATABASE_UNREACHABLE` */
  retire(id: string): Promise<void>;
}
