import type { NodeKind } from '../core/definition/definition.js';
import type { RunId } from '../core/ids.js';
import type { DecisionLabels } from '../core/run/decision-labels.js';
import type { NodeState, RunOutcome } from '../core/run/run-state.js';
import type { ChildCounts } from '../core/subrun/child-counts.js';

/** Names on the wire. Every handler takes one object, because the Web UI sends one JSON value. */
export const MESSAGES = {
  decideUpdate: 'decide',
  decideSignal: 'decide',
  cancelUpdate: 'cancelRun',
  cancelSignal: 'cancelRun',
  describeQuery: 'describeRun',
  childSignal: 'childWaits',
} as const;

export interface DecideMessage {
  /** The gate; may be left out while exactly one waits. */
  readonly nodeId?: string | null;
  readonly decision: string;
  readonly text?: string | null;
  /** Who says so: a claim. */
  readonly by?: string | null;
  /** The tables have it already: Archon's own tools recorded it there. */
  readonly isRecorded?: boolean;
}

export interface DecideAnswer {
  readonly runId: RunId;
  readonly nodeId: string;
  readonly decision: string;
}

export interface CancelMessage {
  readonly by?: string | null;
  readonly reason?: string | null;
}

/** The same as a signal. */
export interface CancelSignal extends CancelMessage {
  /** It is meant for a sub-run of this run alone, whoever holds the path. */
  readonly ofParent?: RunId;
}

export interface CancelAnswer {
  readonly runId: RunId;
  /** False: the run was being cancelled already. */
  readonly isFirst: boolean;
}

export interface WaitingGate {
  readonly nodeId: string;
  readonly message: string;
  /** What may be answered: declared decisions, or approve and reject. */
  readonly decisions: readonly string[];
  /** What decisions are called on screen, where the definition says it. */
  readonly labels?: DecisionLabels;
  readonly openedAt: string;
}

/** What a sub-run says to its parent whenever that has changed. */
export interface ChildMessage {
  readonly runId: RunId;
  /** Nothing but gates is left to wait for. */
  readonly isPaused: boolean;
  /** Its own and those of its sub-runs, by the names that it gives them. */
  readonly gates: readonly WaitingGate[];
  /** In its last message, if it was cancelled: by whom and why. Temporal tells a parent nothing of that. */
  readonly endedBy?: string;
}

/** Answer of the query `describeRun`. */
export interface RunDescription {
  readonly runId: RunId;
  readonly workflowName: string;
  readonly workingPath: string;
  readonly status: 'running' | 'paused' | 'cancelling' | RunOutcome['status'];
  readonly startedAt: string;
  readonly startedBy: string;
  readonly nodes: readonly {
    readonly nodeId: string;
    readonly kind: NodeKind;
    /** What its definition says that it does, in a line. */
    readonly description?: string;
    readonly status: NodeState['status'];
    readonly attempt: number | null;
    /** Of a loop group at work. Nodes of its body follow it, as `group.node`. */
    readonly iteration?: number;
    /** Of a node at work on sub-runs. */
    readonly children?: ChildCounts;
  }[];
  readonly waiting: readonly WaitingGate[];
}
