import type { ScriptRuntime } from '../core/definition/definition.js';
import type { MadeWorktree, WorktreeTask } from '../core/isolation/worktree-order.js';
import type { EventRow, MirrorWrite, RunIdentityRow, RunProgressRow } from '../core/mirror/rows.js';
import type { Artifact, ArtifactOrder } from '../core/run/artifact.js';
import type { KeptResult } from '../core/run/run-state.js';
import type {
  AttemptResult,
  NodeFailure,
  NodeOutput,
  Scope,
  ScriptTask,
  ShellTask,
  TextValue,
  WorkTask,
} from '../core/run/task.js';
import type { TurnResult, TurnTask } from '../core/run/turn-task.js';
import type { WorkflowDefinition } from '../core/definition/definition.js';
import type { RunId } from '../core/ids.js';
import type { JsonObject } from '../core/json.js';
import type { TakenOver } from '../core/lease/taken-over.js';
import type { Element } from '../core/subrun/join.js';
import type { SubrunTask } from '../core/subrun/plan-children.js';
import type { ChildPlan } from '../core/subrun/subruns.js';
import type { Library, StartRequest } from './start-request.js';

/** What a run knows of itself that its box must know. The worker adds Temporal's address and namespace. */
export interface RunOwner {
  readonly runId: string;
  readonly workingPath: string;
  readonly pathKey: string;
  readonly temporalWorkflowId: string;
  readonly fenceToken: string;
}

export interface OpenRunInput {
  readonly request: Pick<
    StartRequest,
    | 'runId'
    | 'startToken'
    | 'hostId'
    | 'uid'
    | 'workingPath'
    | 'message'
    | 'inputs'
    | 'startedBy'
    | 'baseBranch'
    | 'hasClientEnvironment'
    | 'resume'
    | 'worktree'
    | 'source'
    | 'parent'
  >;
  readonly workflowName: string;
  readonly startedAt: string;
  readonly fenceToken: string;
  readonly isFirstExecution: boolean;
  readonly row: RunProgressRow;
  readonly events: readonly EventRow[];
  /** What its scripts need, and those of its sub-runs. */
  readonly runtimes: readonly ScriptRuntime[];
  /** Nodes for which it needs an agent, by name. Absent: none. */
  readonly agents?: readonly string[];
}

/** What the host has made of a run, and knows of it. */
export interface OpenedRun {
  /** Decimal text of a bigint. */
  readonly epoch: string;
  /** The execution generation that the epoch belongs to. */
  readonly fenceToken: string;
  readonly outputRoot: string;
  readonly artifactsDir: string;
  readonly stateDir: string;
  readonly logDir: string;
  /** Empty: unknown. */
  readonly baseBranch: string;
  /** The run has a row, and may not work: Archon itself is active on the path. */
  readonly refusal: NodeFailure | null;
}

export interface OpenRunResult extends OpenedRun {
  /** Of a run that is resumed: what earlier generations of it have finished. */
  readonly kept: readonly KeptResult[];
  /** The dead run of another Temporal whose path it was; absent: nobody's. */
  readonly takenOver?: TakenOver;
}

export interface RunNodeInput<Task extends WorkTask> {
  readonly owner: RunOwner;
  /** The owner's execution, where another one asks: a sub-run for its root. */
  readonly rootTemporalRunId?: string;
  readonly task: Task;
}

/** What an attempt of a node says of itself with its heartbeats; without one it works. */
export interface Sign {
  /** `permit`: as many nodes as may work at once on its host do so already. */
  readonly waitsFor: 'permit';
}

/** An execution generation, as the run table has to know it. */
export interface Generation {
  readonly identity: RunIdentityRow;
  readonly fenceToken: string;
  readonly temporalRunId: string;
}

export interface WriteMirrorInput {
  readonly write: MirrorWrite;
  /**
   * Of an execution that a reset made, whose history begins with the epoch of another: the host takes an
   * epoch for it, which replaces the write's. Null: the write's epoch is its own.
   */
  readonly generation: Generation | null;
}

export interface CloseRunInput {
  readonly runId: string;
  /** In whose box it works; absent: in its own, which goes with it. */
  readonly rootRunId?: string;
  /** Generation of that box: a later one's stays as it is. Absent: a worker of before has asked for it. */
  readonly fenceToken?: string;
  readonly graceMs: number;
  /** The terminal write; null when there are more writes than this one to make. */
  readonly terminal: WriteMirrorInput | null;
  /**
   * Why the run ends as cancelled, though Temporal has not been asked to cancel its execution: the host
   * asks, since Temporal closes no other execution as cancelled. Null: there is nothing to ask.
   */
  readonly cancelReason: string | null;
}

export interface CloseRunResult {
  /** False: the table did not take the write, or there was none. */
  readonly isMirrored: boolean;
}

export interface MakeWorktreeInput {
  readonly owner: RunOwner;
  readonly task: WorktreeTask;
}

export interface KeepArtifactInput {
  readonly runId: RunId;
  readonly artifactsDir: string;
  readonly order: ArtifactOrder;
  readonly text: TextValue;
}

export interface StoreOutputsInput {
  readonly runId: string;
  readonly artifactsDir: string;
  /** Node id → output whose inline text is to move to a file. */
  readonly outputs: Readonly<Record<string, NodeOutput>>;
}

/** What a child runs, and what its own nodes may. */
export interface ChildProgram {
  readonly definition: WorkflowDefinition;
  readonly library: Library;
}

export interface PlanChildrenInput {
  readonly runId: RunId;
  readonly target: string;
  readonly library: Library;
  readonly task: SubrunTask;
  /** What its texts refer to. */
  readonly scope: Scope;
  /** Index of the first item that is wanted. */
  readonly from: number;
  /** An earlier generation of the run may have begun children. */
  readonly mayHaveFormer: boolean;
}

export interface PlanChildrenResult {
  readonly total: number;
  readonly plans: readonly ChildPlan[];
  readonly program: ChildProgram;
}

export interface JoinChildrenInput {
  readonly artifactsDir: string;
  /** `page`: elements as a JSON array, in a file · `list`: pages and elements as one array · `single`: the one element. */
  readonly as: 'page' | 'list' | 'single';
  readonly pages: readonly TextValue[];
  readonly elements: readonly Element[];
  readonly fieldsRead: readonly string[];
  readonly outputFormat?: JsonObject;
}

export interface FindEvidenceInput {
  readonly artifactsDir: string;
}

export interface FindEvidenceResult {
  readonly isPresent: boolean;
  readonly path: string;
}

export interface FindSignalInput {
  readonly text: TextValue;
  readonly signal: string;
}

export interface FindSignalResult {
  readonly isFound: boolean;
}

export interface RemoveEnvironmentInput {
  readonly runId: string;
}

/**
 * Activities as the wire sees them. All are on the run's host queue.
 * `openRun`: checks host, user and path, makes the run's directories, writes the row, opens the box · `runShell`,
 * `runScript`: one attempt of a bash or script node · `runTurn`: one turn of an agent · `writeMirror`: one write
 * of the lane · `closeRun`: ends every process of the run, makes the terminal write, has Temporal cancel an
 * execution that is to end as cancelled · `makeWorktree`: makes the worktree that the run works in ·
 * `keepArtifact`: keeps the output of a gate, group or sub-run as an artifact · `storeOutputs`: moves outputs to
 * files · `findEvidence`: whether a run has left its evidence · `findSignal`: whether an output gives the signal
 * of a loop · `removeEnvironment`: removes what a client left for a run that will not be · `planChildren`: with
 * what a node's sub-runs are started · `joinChildren`: what they gave out, put together.
 */
export interface Activities {
  openRun(input: OpenRunInput): Promise<OpenRunResult>;
  runShell(input: RunNodeInput<ShellTask>): Promise<AttemptResult>;
  runScript(input: RunNodeInput<ScriptTask>): Promise<AttemptResult>;
  runTurn(input: RunNodeInput<TurnTask>): Promise<TurnResult>;
  writeMirror(input: WriteMirrorInput): Promise<void>;
  closeRun(input: CloseRunInput): Promise<CloseRunResult>;
  makeWorktree(input: MakeWorktreeInput): Promise<MadeWorktree>;
  keepArtifact(input: KeepArtifactInput): Promise<Artifact>;
  storeOutputs(input: StoreOutputsInput): Promise<Readonly<Record<string, NodeOutput>>>;
  findEvidence(input: FindEvidenceInput): Promise<FindEvidenceResult>;
  findSignal(input: FindSignalInput): Promise<FindSignalResult>;
  removeEnvironment(input: RemoveEnvironmentInput): Promise<void>;
  planChildren(input: PlanChildrenInput): Promise<PlanChildrenResult>;
  joinChildren(input: JoinChildrenInput): Promise<NodeOutput>;
}
