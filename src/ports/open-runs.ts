import type { RunId } from '../core/ids.js';
import type { JsonObject } from '../core/json.js';
import type { Trouble } from '../core/reconcile/trouble.js';

/** Whose runs a worker watches over. */
export interface RunScope {
  readonly hostId: string;
  readonly uid: number;
  readonly temporalNamespaceId: string;
}

/** A run that the last write of its mirror left open. */
export interface OpenRun {
  readonly runId: RunId;
  readonly temporalWorkflowId: string;
  /** Names the newest execution generation that has written. */
  readonly fenceToken: string;
  /** Temporal's run id of that generation's first execution. */
  readonly temporalRunId: string;
  /** How far the mirror has come: `epoch/seq`. */
  readonly revision: string;
  /** Of its row; empty when somebody has deleted that. */
  readonly metadata: JsonObject;
}

/** Runs that are not over as far as the tables know, and what workers note about them. Rows of Archon's are none. */
export interface OpenRuns {
  /** @throws RunError `DATABASE_UNREACHABLE`, as all of these */
  list(scope: RunScope): Promise<readonly OpenRun[]>;
  /** One of them as it is now; null: it is over. */
  find(runId: RunId): Promise<OpenRun | null>;
  /** An epoch above all that were taken before. */
  nextEpoch(): Promise<string>;
  /** Replaces what a run's row says of its troubles. */
  mark(runId: RunId, troubles: readonly Trouble[]): Promise<void>;
  /** Marks the open runs of every host that is silent, unless another worker is doing so. */
  markSilentHosts(): Promise<void>;
}
