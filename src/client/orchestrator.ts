import type { CancelAnswer, DecideAnswer, RunDescription, WaitingGate } from '../contract/messages.js';
import type { LeaveAnswer, TicketResult } from '../contract/ticket-workflow.js';
import type { InputDeclaration } from '../core/definition/definition.js';
import type { Issue } from '../core/definition/issue.js';
import type { ErrorCode } from '../core/errors.js';
import type { NodeId, RunId } from '../core/ids.js';
import type { EventRecord, ListedRuns, RunFilter, RunRecord } from '../ports/run-table.js';
import type { RunSource } from './load-source.js';
import type { PathQueue, QueuedRun } from './queue-reader.js';
import type { Scope } from './source/scopes.js';
import type { WaitOptions } from './wait-in-queue.js';

/**
 * `fail`: say who holds it · `wait`: take a place in the queue of the path, which outlives the caller ·
 * `attach`: if the holder does the same work, follow it, else as `fail` · `replace`: cancel the holder, wait until
 * nothing of it is alive, then start; who comes in between is busy.
 */
export type OnBusy = 'fail' | 'wait' | 'attach' | 'replace';

/** What a caller asks for. */
export interface StartOptions {
  /** Name of a workflow found under the working path, the text of one, or one that has been loaded. */
  readonly workflow: string | { readonly file: string; readonly text: string } | RunSource;
  /** A directory; anything inside a git worktree means its top, unless `isFolder`. */
  readonly workingPath: string;
  readonly message?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** What to do when the path is in use; default `fail`. */
  readonly onBusy?: OnBusy;
  /** With `onBusy: 'wait'`: gives the place up after this long; default never. */
  readonly waitTimeoutMs?: number;
  /** Take the directory as it is, whatever repository it lies in. */
  readonly isFolder?: boolean;
  /**
   * Whether it gets a worktree of its own. Absent: as the definition says; where it says nothing, in the directory
   * itself.
   */
  readonly isolation?: IsolationOptions;
  /** `$BASE_BRANCH`, and what the branch of a worktree is based on; by default the config says, else git. */
  readonly baseBranch?: string;
  /** Environment of the run's nodes; by default the worker's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `me@laptop`. */
  readonly startedBy?: string;
  /** UUIDs of the logical start, for a caller that retries across its own crash. */
  readonly runId?: string;
  readonly startToken?: string;
  /** From the polite signal to SIGKILL when a node is stopped; default 5 s. */
  readonly graceMs?: number;
  /** Longest outage of Temporal that a running node survives; at least 1 s, default 5 min. */
  readonly heartbeatTimeoutMs?: number;
  /** The worker that owns the path, when it is not this machine's and this user's. */
  readonly worker?: { readonly hostId: string; readonly uid: number };
}

/** Where a run works. What contradicts itself, or the definition, is refused. */
export interface IsolationOptions {
  /** `true`: in a worktree of its own; `false`: in the directory itself. */
  readonly worktree?: boolean | undefined;
  /** Name of its worktree: one that is there is used again. */
  readonly branch?: string | undefined;
  /** Branch or commit at which a new worktree begins; by default its base, fetched. */
  readonly from?: string | undefined;
  /** A worktree, unless somebody says otherwise. */
  readonly isDefault?: boolean | undefined;
}

/** Who holds a path, as far as can be seen. Null: not known. */
export interface Holder {
  readonly runId: RunId | null;
  readonly workflow: string | null;
  readonly status: 'running' | 'paused' | 'unknown';
  /** The node that runs or waits, and its kind. */
  readonly node: string | null;
  readonly nodeKind: string | null;
  /** ISO-8601 UTC. */
  readonly since: string | null;
  readonly startedBy: string | null;
  readonly workingPath: string;
  readonly temporalWorkflowId: string;
  /** Gates that wait for a decision, when the holder says so. */
  readonly waiting: readonly WaitingGate[];
  /** False: nothing has been heard from its host for 15 seconds. */
  readonly isHostAlive: boolean;
}

/** A run that is there. */
export interface RunningRun {
  readonly runId: RunId;
  readonly workflow: string;
  readonly workingPath: string;
  readonly temporalWorkflowId: string;
  readonly warnings: readonly Issue[];
}

export type StartResult =
  | ({ readonly kind: 'started' } & RunningRun)
  /** A run that was there already, and does the same work. */
  | ({ readonly kind: 'attached' } & RunningRun)
  /** It has a place in the queue; `waitForTurn` tells when it has been started. Its Temporal ID is its ticket's. */
  | ({
      readonly kind: 'queued';
      /** From 1; null: no worker has given it its place yet. */
      readonly place: number | null;
    } & RunningRun)
  | {
      readonly kind: 'busy';
      readonly code: ErrorCode;
      readonly holder: Holder;
      /** How many wait for the path; null: not known. */
      readonly queueLength: number | null;
    }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/** Which run is to go on, and for whom. */
export interface ResumeOptions {
  readonly runId: RunId;
  /** What to do when the path is in use, by this run or another: nothing else is known yet. */
  readonly onBusy?: 'fail';
  /** Environment of the run's nodes; by default the worker's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `me@laptop`. */
  readonly startedBy?: string;
  /** UUID of this resume, for a caller that retries. */
  readonly startToken?: string;
}

export type ResumeResult =
  | ({
      readonly kind: 'started';
      /** Nodes that are not done again, in the order of the definition. */
      readonly finishedNodes: readonly NodeId[];
    } & RunningRun)
  | Extract<StartResult, { readonly kind: 'busy' }>;

/** What is decided at a gate. */
export interface GateDecision {
  /** May be left out while one gate waits. */
  readonly nodeId?: string;
  readonly decision: string;
  readonly text?: string;
  /** Who decides: a claim. */
  readonly by?: string;
  /** UUID of this decision, for a caller that retries. */
  readonly updateId?: string;
}

/** How a run ended, or why it is not followed further. */
export interface RunEnd {
  readonly runId: RunId;
  readonly status: 'completed' | 'failed' | 'cancelled' | 'paused';
  /** Result text of a completed run (its beginning, for one kept in a file), else null. */
  readonly output: string | null;
  /** File of the whole result on the run's host, when it is too large to show. */
  readonly outputPath: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Ended by a reviewer's reject. */
  readonly isRejected: boolean;
  /** Gates that wait, when paused. */
  readonly waiting: readonly WaitingGate[];
}

export interface FollowOptions {
  /** Told each event of the run once, in order, those of the past first. */
  readonly onEvent?: (event: EventRecord) => void;
  /** Id of an event: only those after it are told. */
  readonly after?: string | undefined;
  /** Return when nothing but people can bring the run on. */
  readonly stopWhenPaused?: boolean;
  readonly signal?: AbortSignal;
}

/** One workflow file as discovery met it. */
export interface FoundWorkflow {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** What a run of it can be given by name. */
  readonly inputs: readonly InputDeclaration[];
  readonly file: string;
  readonly scope: Scope;
  readonly warnings: readonly Issue[];
}

/** A file that discovery could not use. */
export interface BrokenWorkflow {
  readonly file: string;
  readonly errorType: 'read_error' | 'parse_error' | 'validation_error';
  readonly issues: readonly Issue[];
}

export interface Discovery {
  readonly root: string;
  readonly workflows: readonly FoundWorkflow[];
  readonly errors: readonly BrokenWorkflow[];
}

/**
 * Everything that the command line does to runs, for programs. Every call has a deadline of 10 s, but for
 * `follow`, `waitForTurn` and a start that replaces.
 */
export interface Orchestrator {
  /**
   * Starts a run, or says who holds the path, or what is wrong with the definition. Never ambiguous.
   * @throws RunError `WORKING_PATH_INVALID` · `WORKTREE_FAILED` · `WORKFLOW_NOT_FOUND` · `WORKFLOW_AMBIGUOUS` ·
   *   `USAGE` · `INPUT_INVALID` · `MESSAGE_INVALID` · `START_REQUEST_TOO_LARGE` · `TEMPORAL_UNREACHABLE` (its details
   *   carry run id and start token: the run may have started) · `DATABASE_UNREACHABLE` · `QUEUE_FULL` ·
   *   `PATH_STILL_OCCUPIED` and `WORKER_UNAVAILABLE` (the holder that was to be replaced does not end)
   */
  start(options: StartOptions): Promise<StartResult>;
  /**
   * Lets a run go on that has failed, was cancelled or has lost its execution: under the same ids, with the outputs
   * of what it has finished. All else that it was started with comes from its last start.
   * @throws RunError `RUN_NOT_FOUND` · `RUN_NOT_RESUMABLE` it has completed, or Temporal has forgotten it ·
   *   `WORKING_PATH_INVALID` · `USAGE` · `TEMPORAL_UNREACHABLE` (its details carry run id and start token: the run may
   *   go on) · `DATABASE_UNREACHABLE`
   */
  resume(options: ResumeOptions): Promise<ResumeResult>;
  /**
   * Until a run that waits for its path has been started, or does not wait any more.
   * @throws the signal's reason · RunError `RUN_NOT_FOUND` it never waited · `TEMPORAL_UNREACHABLE`; it keeps its place
   */
  waitForTurn(runId: RunId, options?: WaitOptions): Promise<TicketResult>;
  /** Gives a place up. @throws RunError `RUN_CLOSED` it does not wait any more · `WORKER_UNAVAILABLE` */
  leaveQueue(runId: RunId, request: { by?: string; reason?: string }): Promise<LeaveAnswer>;
  /** Runs that wait and whose ids begin like this. @throws RunError `TEMPORAL_UNREACHABLE` */
  findQueued(idOrPrefix: string): Promise<readonly QueuedRun[]>;
  /**
   * The queue of a path, also when nobody waits; null: of every path for which somebody does.
   * @throws RunError `WORKER_UNAVAILABLE` · `TEMPORAL_UNREACHABLE`
   */
  queues(workingPath: string | null): Promise<readonly PathQueue[]>;
  /**
   * Until the run ends, or pauses.
   * @throws the signal's reason · RunError `TEMPORAL_UNREACHABLE` for longer than a while; the run may go on ·
   *   `RUN_NOT_FOUND` Temporal has forgotten it and its row does not tell its end
   */
  follow(runId: RunId, options?: FollowOptions): Promise<RunEnd>;
  /** Asks the run itself. Null: it is closed or its worker does not answer. */
  describe(runId: RunId): Promise<RunDescription | null>;
  /** Its nodes that wait until their host has room for them. None, too, when Temporal does not answer. */
  waitingForPermit(runId: RunId): Promise<readonly string[]>;
  /**
   * A decision that may have to be sent again names its gate, or it may meet the next one.
   * @throws RunError `GATE_NOT_WAITING` · `GATE_AMBIGUOUS` · `DECISION_UNDECLARED` · `DECISION_ALREADY_MADE` ·
   *   `RUN_CLOSED` · `WORKER_UNAVAILABLE` and `TEMPORAL_UNREACHABLE` (their details carry the `updateId`: the run
   *   may have taken it, and answers the same when it is sent again with it)
   */
  decide(runId: RunId, answer: GateDecision): Promise<DecideAnswer>;
  /** @throws RunError `RUN_CLOSED` */
  cancel(runId: RunId, request: { by?: string; reason?: string }): Promise<CancelAnswer>;
  /** A full run id or a unique prefix of one. @throws RunError `RUN_NOT_FOUND` · `RUN_ID_AMBIGUOUS` */
  find(idOrPrefix: string): Promise<RunRecord>;
  /** Sub-runs of a run, in the order in which they began. */
  children(runId: RunId): Promise<readonly RunRecord[]>;
  list(filter: RunFilter): Promise<ListedRuns>;
  /**
   * In causal order.
   * @param after id of an event: only those after it. One that arrives late, in the middle, is not told so.
   */
  events(runId: RunId, after?: string): Promise<readonly EventRecord[]>;
}
