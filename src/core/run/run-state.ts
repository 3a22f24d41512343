import type { NodeId } from '../ids.js';
import type { Artifact } from './artifact.js';
import type { RunId } from '../ids.js';
import type { SubrunAction } from '../subrun/decide-subruns.js';
import type { DelegatingState } from '../subrun/delegating.js';
import type { SubrunEvent } from '../subrun/evolve-subruns.js';
import type { LoopingState } from './loop-state.js';
import type { ResetCause } from './stale.js';
import type { NodeFailure, NodeOutput } from './task.js';

export type SkipReason = 'trigger_rule' | 'when_condition' | 'when_condition_parse_error';

/** Where a node is. `attempt` counts from 1. */
export type NodeState =
  | { readonly status: 'pending' }
  /** Finished in an earlier generation of the run; it settles, without being done again, when its turn comes. */
  | { readonly status: 'kept'; readonly attempt: number; readonly output: NodeOutput }
  | { readonly status: 'running'; readonly attempt: number }
  /** Failed, and to be tried again: `attempt` is the coming one. `isScheduled`: its timer is running. */
  | {
      readonly status: 'retrying';
      readonly attempt: number;
      readonly delayMs: number;
      readonly isScheduled: boolean;
      readonly lastFailure: NodeFailure;
    }
  /** A gate. `openedAt` orders gates that wait together. `rejections`: so many have been mended. */
  | {
      readonly status: 'waiting';
      readonly message: string;
      readonly openedAt: string;
      readonly rejections?: number;
    }
  | LoopingState
  | DelegatingState
  /** `isKept`: in an earlier generation of the run. `session`: that its agent had, by its provider's name for it. */
  | {
      readonly status: 'completed';
      readonly attempt: number;
      readonly output: NodeOutput;
      readonly isKept?: true;
      readonly session?: string;
    }
  /** `attempt` 0: it failed before it could start. */
  | { readonly status: 'failed'; readonly attempt: number; readonly failure: NodeFailure }
  | { readonly status: 'skipped'; readonly reason: SkipReason }
  /** It ended together with its run: a gate that was rejected or not answered, a loop that was not done. */
  | { readonly status: 'dropped' };

/**
 * Why a run is being ended early. `nodeId`: the `cancel` node that did it, or the gate whose reviewer
 * rejected, by its name (`nameAt`); null: a person or an operator.
 */
export interface Cancellation {
  readonly by: string | null;
  readonly reason: string | null;
  readonly nodeId: NodeId | null;
}

export type RunOutcome =
  | { readonly status: 'completed'; readonly result: NodeOutput | null }
  | { readonly status: 'failed'; readonly failure: NodeFailure }
  | { readonly status: 'cancelled'; readonly cancellation: Cancellation };

/**
 * The whole of a run, as far as decisions and the mirror depend on it. `nodes` is aligned with
 * `definition.nodes`. Everything else about a run follows from its definition and its inputs. An iteration of a
 * loop group is a run inside the run: what is said of a run here holds of it, too.
 */
export interface RunState {
  readonly plan: RunPlan;
  /** Inputs by name, defaults filled in: conditions read them. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly nodes: readonly NodeState[];
  readonly progress: RunProgress;
  /** Null until `runStarted`. */
  readonly startedAt: string | null;
  /** The gate decided last: the run's row goes on showing it. */
  readonly lastDecision: DecidedGate | null;
  readonly cancellation: Cancellation | null;
  /** Failure of the run itself, outside any node (a broken invariant, a lost table). */
  readonly abort: NodeFailure | null;
  /** Of nodes that are done again: what is left of what they gave out in an earlier generation of the run. */
  readonly formerDigests: Readonly<Record<NodeId, string>>;
  /** Of a run that must leave evidence: whether it has. Null: not asked yet. */
  readonly evidence: Evidence | null;
  readonly outcome: RunOutcome | null;
}

/** `asked`: the host is looking for the file. */
export type Evidence = 'asked' | 'present' | 'missing';

/**
 * What follows from the definition alone (`plan.ts`); nodes are named by their position. A *barrier* is a
 * set of nodes that must settle before others may begin. Both schedules are barriers and nothing else.
 */
export interface RunPlan {
  readonly positionOf: ReadonlyMap<NodeId, number>;
  /** Per node: the barrier it stands behind. */
  readonly barrierOf: readonly number[];
  /** Per node: the barriers that count it. */
  readonly countedBy: readonly (readonly number[])[];
  /** Per barrier: the nodes that stand behind it, in definition order. */
  readonly behind: readonly (readonly number[])[];
  /** Per barrier: how many nodes it counts. */
  readonly counts: readonly number[];
  /** Nodes that nobody depends on, in definition order. */
  readonly sinks: readonly number[];
}

/** Pure bookkeeping of `evolve`, so that `decide` looks at few nodes; always derivable from `nodes`. */
export interface RunProgress {
  /** Per barrier: how many of the nodes it counts are unsettled. */
  readonly remaining: readonly number[];
  /**
   * What `decide` looks at: pending or kept behind an open barrier, failed and to be tried again, looping; in
   * definition order.
   */
  readonly frontier: readonly number[];
  /** Running, retrying, waiting or looping; in definition order. */
  readonly active: readonly number[];
  readonly unsettled: number;
}

export interface DecidedGate {
  /** By its name (`nameAt`). */
  readonly nodeId: NodeId;
  readonly message: string;
  readonly answer: GateAnswer;
  /** Of a gate that has what was rejected mended: this reject included. */
  readonly rejections?: number;
}

/** ISO-8601 UTC with milliseconds. Time enters the core only inside events. */
type At = { readonly at: string };

/** What a node gave out in an earlier generation of its run. */
export interface KeptResult {
  readonly nodeId: NodeId;
  readonly attempt: number;
  readonly output: NodeOutput;
}

/** What has happened. Everything that changes a run is one of these. */
export type RunEvent =
  | ({ readonly type: 'runStarted' } & At)
  /** The run goes on where an earlier generation of it has ended. */
  | ({ readonly type: 'runResumed'; readonly kept: readonly KeptResult[] } & At)
  | ({ readonly type: 'nodeKept'; readonly nodeId: NodeId } & At)
  /** What an earlier generation has finished is done again. */
  | ({
      readonly type: 'nodeReset';
      readonly nodeId: NodeId;
      readonly cause: ResetCause;
      readonly formerOutput: NodeOutput;
    } & At)
  | ({ readonly type: 'nodeStarted'; readonly nodeId: NodeId; readonly attempt: number } & At)
  | ({
      readonly type: 'nodeCompleted';
      readonly nodeId: NodeId;
      readonly attempt: number;
      readonly output: NodeOutput;
      readonly durationMs: number;
      /** That it was kept as. */
      readonly artifact?: Artifact;
      /** That the agent's next turn may go on with. */
      readonly session?: string;
      /** Of a single sub-run. */
      readonly childRunId?: RunId;
    } & At)
  /** An attempt failed. Whether the node has failed or is tried again is for `evolve` to say. */
  | ({
      readonly type: 'attemptFailed';
      readonly nodeId: NodeId;
      readonly attempt: number;
      readonly failure: NodeFailure;
      readonly durationMs: number;
      /** Of a single sub-run. */
      readonly childRunId?: RunId;
    } & At)
  | ({ readonly type: 'retryScheduled'; readonly nodeId: NodeId; readonly attempt: number } & At)
  /** The node failed before it could start (a condition or a text that cannot be resolved). */
  | ({ readonly type: 'nodeRefused'; readonly nodeId: NodeId; readonly failure: NodeFailure } & At)
  | ({
      readonly type: 'nodeSkipped';
      readonly nodeId: NodeId;
      readonly reason: SkipReason;
      /** The condition as written, when the reason is one. */
      readonly expression: string | null;
    } & At)
  | ({ readonly type: 'gateOpened'; readonly nodeId: NodeId; readonly message: string } & At)
  | ({ readonly type: 'gateDecided'; readonly nodeId: NodeId; readonly answer: GateAnswer } & At)
  | ({ readonly type: 'gateTimedOut'; readonly nodeId: NodeId } & At)
  | ({ readonly type: 'iterationStarted'; readonly nodeId: NodeId; readonly iteration: number } & At)
  /** The host has begun to find out whether the loop is done. */
  | ({ readonly type: 'checkStarted'; readonly nodeId: NodeId; readonly iteration: number } & At)
  /** `isMet`: the loop's condition. Whether the loop ends with it is for `evolve` to say. */
  | ({
      readonly type: 'iterationEnded';
      readonly nodeId: NodeId;
      readonly iteration: number;
      readonly isMet: boolean;
      readonly durationMs: number;
      /** Since the group began. */
      readonly totalMs: number;
    } & At)
  | ({
      readonly type: 'iterationFailed';
      readonly nodeId: NodeId;
      readonly iteration: number;
      readonly failure: NodeFailure;
      readonly durationMs: number;
      readonly totalMs: number;
    } & At)
  /** Something has happened in the body of a loop group. */
  | ({
      readonly type: 'inBody';
      readonly nodeId: NodeId;
      readonly iteration: number;
      readonly event: RunEvent;
    } & At)
  /** Something has happened to the sub-runs of a node. */
  | (SubrunEvent & At)
  | ({ readonly type: 'evidenceAsked' } & At)
  /** `path`: where the file should be. */
  | ({ readonly type: 'evidenceChecked'; readonly isPresent: boolean; readonly path: string } & At)
  /** What a node that ran no program has given out is an artifact now. `name`: what people call the node. */
  | ({ readonly type: 'artifactKept'; readonly name: NodeId; readonly artifact: Artifact } & At)
  | ({ readonly type: 'cancelRequested'; readonly cancellation: Cancellation } & At)
  | ({ readonly type: 'runAborted'; readonly failure: NodeFailure } & At)
  | ({ readonly type: 'runFinished'; readonly outcome: RunOutcome } & At);

/** What a person chose at a gate. `text` null: nothing was written. `by` is a claim, not proved. */
export interface GateAnswer {
  readonly decision: string;
  readonly text: string | null;
  readonly by: string | null;
  /** Archon's own tools have written its events already. */
  readonly isRecorded?: true;
}

/**
 * What must happen next. Each is begun exactly once, because beginning it is an event that moves the node
 * on: keepNode → nodeKept, resetNode → nodeReset, startNode → nodeStarted, scheduleRetry → retryScheduled,
 * openGate → gateOpened, skipNode → nodeSkipped, refuseNode → nodeRefused, startIteration → iterationStarted,
 * checkIteration → checkStarted, endIteration → iterationEnded, failIteration → iterationFailed, checkEvidence →
 * evidenceAsked, cancelRun → cancelRequested, finish → runFinished. After `delayMs` a scheduled retry goes on
 * with nodeStarted of its attempt. `inBody`: the action is due in the body of a loop group, and its event is told
 * as one in that body.
 */
export type Action =
  | { readonly type: 'keepNode'; readonly nodeId: NodeId }
  | {
      readonly type: 'resetNode';
      readonly nodeId: NodeId;
      readonly cause: ResetCause;
      readonly formerOutput: NodeOutput;
    }
  | { readonly type: 'startNode'; readonly nodeId: NodeId; readonly attempt: number }
  | {
      readonly type: 'scheduleRetry';
      readonly nodeId: NodeId;
      readonly attempt: number;
      readonly delayMs: number;
    }
  | {
      readonly type: 'openGate';
      readonly nodeId: NodeId;
      readonly message: string;
      readonly timeoutMs: number | null;
      /** Of a loop: after which iteration a person is asked. Of a gate that asks again: after how many rejections. */
      readonly iteration?: number;
    }
  | {
      readonly type: 'skipNode';
      readonly nodeId: NodeId;
      readonly reason: SkipReason;
      readonly expression: string | null;
    }
  | { readonly type: 'refuseNode'; readonly nodeId: NodeId; readonly failure: NodeFailure }
  | { readonly type: 'startIteration'; readonly nodeId: NodeId; readonly iteration: number }
  | { readonly type: 'checkIteration'; readonly nodeId: NodeId; readonly iteration: number }
  | {
      readonly type: 'endIteration';
      readonly nodeId: NodeId;
      readonly iteration: number;
      readonly isMet: boolean;
    }
  | {
      readonly type: 'failIteration';
      readonly nodeId: NodeId;
      readonly iteration: number;
      readonly failure: NodeFailure;
    }
  | {
      readonly type: 'inBody';
      readonly nodeId: NodeId;
      readonly iteration: number;
      readonly action: Action;
    }
  | SubrunAction
  | { readonly type: 'checkEvidence' }
  | { readonly type: 'cancelRun'; readonly cancellation: Cancellation }
  | { readonly type: 'finish'; readonly outcome: RunOutcome };
