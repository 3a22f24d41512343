import type { KeptResult } from '../core/run/run-state.js';
import type { EventRow, MirrorWrite, RunIdentityRow, RunProgressRow } from '../core/mirror/rows.js';
import type { JsonObject } from '../core/json.js';
import type { NodeId, RunId } from '../core/ids.js';
import type { ChildRecord } from '../core/subrun/former-children.js';

/** The first write of an execution generation: makes the row, takes the epoch. */
export interface FirstWrite {
  readonly identity: RunIdentityRow;
  readonly row: RunProgressRow;
  readonly events: readonly EventRow[];
  /** Names the execution generation (`docs/contract.md`, fence token). */
  readonly fenceToken: string;
  /** Temporal's run id of the execution that writes. */
  readonly temporalRunId: string;
  /** The chain's first execution: `fenceToken` is new and this is no reset. Then a known run id is refused. */
  readonly isFirstExecution: boolean;
  /** Of a first execution that resumes the run: the run's newest epoch, as far as it knows. Null: it does not. */
  readonly resumedEpoch: string | null;
}

/** Writes the mirror. Everything here may be repeated without effect. */
export interface RunTable {
  /**
   * Takes (or finds) the epoch of `fenceToken` from a sequence, then asks `isCurrent`, and commits row and
   * events only if it says yes.
   * @returns the epoch, decimal text of a bigint
   * @throws RunError `RUN_ID_REUSED` a first execution whose run id has an epoch of another token ·
   *   `RUN_NOT_RESUMABLE` one that resumes the run of another epoch than its newest ·
   *   `FENCED` isCurrent said no · `RUN_TABLE_UNREACHABLE` connection, resource or serialisation trouble
   */
  open(first: FirstWrite, isCurrent: () => Promise<boolean>): Promise<{ readonly epoch: string }>;
  /**
   * Older epochs and older seqs change no row (their events are kept). A value that the database refuses is
   * mended and marked in metadata.
   * @throws RunError `RUN_TABLE_UNREACHABLE`
   */
  write(write: MirrorWrite): Promise<void>;
  /** What all generations of a run have finished: of each node the newest. @throws RunError `RUN_TABLE_UNREACHABLE` */
  results(runId: RunId): Promise<readonly KeptResult[]>;
  /**
   * Sub-runs that generations of a run have begun for a node, in the order in which they began.
   * @throws RunError `RUN_TABLE_UNREACHABLE`
   */
  children(parentRunId: RunId, nodeId: NodeId): Promise<readonly ChildRecord[]>;
  /** Active rows of Archon itself on that path (running, paused, or pending for less than five minutes). */
  archonHolders(
    workingPath: string,
  ): Promise<readonly { readonly runId: string; readonly workflowName: string }[]>;
}

/** A row as people and programs read it. Times are ISO-8601 UTC. */
export interface RunRecord {
  readonly runId: RunId;
  readonly workflowName: string;
  readonly status: string;
  /** What its author lets it say of its work (`outcome_field`): succeeded or failed. */
  readonly outcome: string | null;
  readonly userMessage: string;
  readonly workingPath: string | null;
  readonly outputRoot: string | null;
  readonly startedAt: string;
  readonly completedAt: string | null;
  readonly lastActivityAt: string | null;
  readonly metadata: JsonObject;
  /** Whose sub-run it is; null: nobody's. */
  readonly parentRunId: RunId | null;
  /** Null on rows that Archon made. */
  readonly temporalWorkflowId: string | null;
  readonly hostId: string | null;
  /** Last sign of life of the worker that an open run needs, if that was long ago; else null. */
  readonly hostSilentSince: string | null;
}

export interface EventRecord {
  /** UUID. */
  readonly id: string;
  readonly eventType: string;
  readonly nodeName: string | null;
  readonly data: JsonObject;
  readonly createdAt: string;
}

export interface RunFilter {
  /** Exact working path, or null for all. */
  readonly workingPath: string | null;
  /** Also runs in worktrees of the repository at that path. */
  readonly withWorktrees?: boolean;
  /** Null: any. */
  readonly statuses: readonly string[] | null;
  /** Which sub-runs: all (default), all but items of fan-outs, of which one run may have a thousand, or none. */
  readonly subRuns?: 'all' | 'no-items' | 'none';
  readonly limit: number;
}

export interface ListedRuns {
  readonly runs: readonly RunRecord[];
  /** How many there are, whatever the limit. */
  readonly total: number;
  /** Sub-runs that are not wanted. */
  readonly leftOut: number;
}

/** The newest execution generation of a run. */
export interface GenerationRecord {
  /** Decimal text of a bigint. */
  readonly epoch: string;
  /** Of its first execution. */
  readonly temporalRunId: string;
  readonly temporalWorkflowId: string;
  /** Nodes whose results are kept for a resume. */
  readonly finishedNodes: readonly string[];
}

/** Reads what the mirror and Archon wrote. Never asked who holds a path. */
export interface RunReader {
  /** Up to `limit` runs whose id begins with `prefix` (lower case hex and dashes), newest first. */
  findByPrefix(prefix: string, limit: number): Promise<readonly RunRecord[]>;
  list(filter: RunFilter): Promise<ListedRuns>;
  /**
   * In causal order.
   * @param after id of an event: only those after it. One that arrives late, in the middle, is not told so.
   */
  events(runId: RunId, after?: string): Promise<readonly EventRecord[]>;
  /** Sub-runs of a run, in the order in which they began. */
  childrenOf(runId: RunId): Promise<readonly RunRecord[]>;
  /** Null: no run of ours. */
  newestGeneration(runId: RunId): Promise<GenerationRecord | null>;
}

/** Large texts of definitions, by digest. Content, not state: it may be stored before a start. */
export interface TextStore {
  /** @param texts sha256 (lowercase hex) → text; storing one again changes nothing */
  put(texts: ReadonlyMap<string, string>): Promise<void>;
  /** @throws RunError `TEXT_NOT_STORED` */
  get(sha256: string): Promise<string>;
}
