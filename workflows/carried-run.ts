import type { OpenedRun } from '../src/contract/activities.js';
import type { RunSnapshot } from '../src/core/run/snapshot.js';

/** What one execution of a chain hands to the next, beside the start request. */
export interface CarriedRun {
  readonly snapshot: RunSnapshot;
  readonly fenceToken: string;
  readonly opened: OpenedRun;
  readonly startedAt: string;
  /** Last `seq` that the mirror was given. */
  readonly lastSeq: number;
}
