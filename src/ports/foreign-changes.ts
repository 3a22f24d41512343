import type { RunId } from '../core/ids.js';
import type { ForeignChange } from '../core/reconcile/judge-foreign.js';
import type { RunScope } from './open-runs.js';

/** A row of ours that Archon's tools have changed, and whose run may not have heard of it. */
export interface ChangedRun extends ForeignChange {
  readonly runId: RunId;
  readonly temporalWorkflowId: string;
  /** Names this change: another one of the run has another. */
  readonly changeId: string;
}

/** What Archon's own tools write about our runs. */
export interface ForeignChanges {
  /** @throws RunError `DATABASE_UNREACHABLE` */
  list(scope: RunScope): Promise<readonly ChangedRun[]>;
  /**
   * Shows a gate as open again whose decision the run would not take.
   * @param why for people
   * @throws RunError `DATABASE_UNREACHABLE`
   */
  reopen(runId: RunId, why: string): Promise<void>;
  /**
   * Calls back whenever something may have changed, which not every change does.
   * @returns when the signal comes
   * @throws Error the connection is lost, or cannot be had
   */
  listen(onNotice: () => void, signal: AbortSignal): Promise<void>;
}
