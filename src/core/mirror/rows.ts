import type { JsonObject } from '../json.js';
import type { NodeOutput } from '../run/task.js';
import type { RunId, WorkingPath } from '../ids.js';

/**
 * `metadata.workflow_source` of our rows. Archon's tools let people answer a gate of a run whose source record
 * they cannot read, and then leave the run alone: so this must never fit their schema.
 */
export const OWNERSHIP_MARK = { version: 99, owner: 'signalbox' } as const;

/** Values of `remote_agent_workflow_runs.status` that we write. */
export type RunRowStatus = 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

export function isTerminal(status: string): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Whose sub-run a run is, in its row. */
export interface ParentRow {
  readonly runId: RunId;
  readonly nodeId: string;
  /** Position of its item in a fan-out; null: the node has no other. */
  readonly index: number | null;
  /** Digest of what it was given. */
  readonly hash: string;
  /** Its inputs, as what they are. */
  readonly inputValues: JsonObject;
}

/** What never changes in a run's row. */
export interface RunIdentityRow {
  readonly runId: RunId;
  readonly workflowName: string;
  readonly userMessage: string;
  readonly workingPath: WorkingPath;
  /** Main checkout of the repository whose worktree that is. Absent: it is no such worktree. */
  readonly codebasePath?: string;
  readonly outputRoot: string;
  readonly startedAt: string;
  /** Who started it, as the client claimed: `me@laptop`. */
  readonly startedBy: string;
  /** Inputs by name; kept in metadata as Archon does. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly temporalWorkflowId: string;
  readonly temporalNamespace: string;
  readonly hostId: string;
  readonly uid: number;
  /** Absent: nobody's sub-run. */
  readonly parent?: ParentRow;
}

/** What changes in a run's row: always the whole of it, so that writing it twice changes nothing. */
export interface RunProgressRow {
  readonly status: RunRowStatus;
  /** What the author lets the run say of its work (`outcome_field`). Absent: nothing new. */
  readonly outcome?: 'succeeded' | 'failed';
  /** Merged into the row's metadata, shallowly. A key set to null becomes JSON null, never SQL NULL. */
  readonly metadata: JsonObject;
  /** ISO-8601 UTC; null while the run is open. */
  readonly completedAt: string | null;
  readonly lastActivityAt: string;
}

/** One row of `remote_agent_workflow_events`. Its id is UUIDv5 of `runId/epoch/seq`. */
export interface EventRow {
  /** From 1, grows by one per event within an epoch. */
  readonly seq: number;
  readonly eventType: string;
  /** `step_name`: the node, or null for the run. */
  readonly nodeName: string | null;
  readonly data: JsonObject;
  readonly createdAt: string;
}

/** A finished node, kept for a resume. `output` null: what it gave out before holds no more. */
export interface NodeResultRow {
  readonly nodeId: string;
  readonly attempt: number;
  readonly output: NodeOutput | null;
}

/** One write of the mirror lane. */
export interface MirrorWrite {
  readonly runId: RunId;
  /** Decimal text of a bigint. */
  readonly epoch: string;
  /** Highest `seq` that this write has seen; an older write than the last is ignored. */
  readonly seq: number;
  readonly row: RunProgressRow;
  readonly events: readonly EventRow[];
  readonly results: readonly NodeResultRow[];
}
