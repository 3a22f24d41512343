import type { MirrorWrite, RunProgressRow, EventRow } from '../core/mirror/rows.js';
import type { AttemptResult, NodeFailure, NodeOutput, ShellTask } from '../core/run/task.js';
import type { StartRequest } from './start-request.js';

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
    'runId' | 'hostId' | 'uid' | 'workingPath' | 'message' | 'inputs' | 'startedBy' | 'baseBranch'
  >;
  readonly workflowName: string;
  readonly startedAt: string;
  readonly fenceToken: string;
  readonly isFirstExecution: boolean;
  readonly row: RunProgressRow;
  readonly events: readonly EventRow[];
}

export interface OpenRunResult {
  /** Decimal text of a bigint. */
  readonly epoch: string;
  readonly outputRoot: string;
  readonly artifactsDir: string;
  readonly stateDir: string;
  readonly logDir: string;
  /** Empty: unknown. */
  readonly baseBranch: string;
  /** The run has a row, and may not work: Archon itself is active on the path. */
  readonly refusal: NodeFailure | null;
}

export interface RunShellInput {
  readonly owner: RunOwner;
  readonly task: ShellTask;
}

export interface CloseRunInput {
  readonly runId: string;
  readonly graceMs: number;
  /** The terminal write; null when the mirror is finished elsewhere. */
  readonly write: MirrorWrite | null;
}

export interface CloseRunResult {
  /** False: the table could not be reached, or there was nothing to write. */
  readonly isMirrored: boolean;
}

export interface StoreOutputsInput {
  readonly runId: string;
  readonly artifactsDir: string;
  /** Node id → output whose inline text is to move to a file. */
  readonly outputs: Readonly<Record<string, NodeOutput>>;
}

/**
 * Activities as the wire sees them. All are on the run's host queue.
 * `openRun`: checks host, user and path, makes the run's directories, writes the row · `runShell`: one
 * attempt of a bash node · `writeMirror`: one write of the lane · `closeRun`: ends every
 * process of the run, then makes the terminal write · `storeOutputs`: moves outputs to files.
 */
export interface Activities {
  openRun(input: OpenRunInput): Promise<OpenRunResult>;
  runShell(input: RunShellInput): Promise<AttemptResult>;
  writeMirror(write: MirrorWrite): Promise<void>;
  closeRun(input: CloseRunInput): Promise<CloseRunResult>;
  storeOutputs(input: StoreOutputsInput): Promise<Readonly<Record<string, NodeOutput>>>;
}
