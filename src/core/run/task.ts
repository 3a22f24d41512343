import type { Binding, ScriptRuntime, ScriptSource, Text } from '../definition/definition.js';
import type { ErrorCode } from '../errors.js';
import type { NodeId, RunId } from '../ids.js';
import type { JsonObject } from '../json.js';
import type { Artifact, ArtifactOrder } from './artifact.js';

/**
 * A text that a node gave out: inline up to 16 KiB of UTF-8, else by reference to a file on the run's
 * host. `excerpt` is its beginning (at most 2,000 characters).
 */
export type TextValue =
  | { readonly kind: 'inline'; readonly text: string }
  | {
      readonly kind: 'file';
      /** Absolute path on the run's host. */
      readonly path: string;
      readonly bytes: number;
      /** Lowercase hex, over the UTF-8 bytes of the whole text. */
      readonly sha256: string;
      readonly excerpt: string;
    };

/** One field of an output that is a JSON object. `text` is what a reference to it stands for. */
export interface FieldValue {
  readonly type: 'string' | 'number' | 'boolean' | 'null' | 'json';
  readonly text: TextValue;
}

/** What a node gives to others. */
export interface NodeOutput {
  readonly text: TextValue;
  /** The fields that the definition reads (`Node.fieldsRead`) and the output has; null: the text is not a JSON object. */
  readonly fields: Readonly<Record<string, FieldValue>> | null;
  /** The text is the JSON of a value that was declared or made as one: a binding of the whole keeps its type. */
  readonly isStructured?: true;
}

/** Why an attempt of a node failed. `code` is ours, `message` is what people read. */
export interface NodeFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What an expression may see of a node. */
export type NodeScope =
  | { readonly state: 'completed'; readonly output: NodeOutput }
  | { readonly state: 'skipped' }
  | { readonly state: 'failed' }
  | { readonly state: 'unsettled' };

/** What an expression may see. */
export interface Scope {
  /** `WORKFLOW_ID`, `ARTIFACTS_DIR`, `STATE_DIR`, `BASE_BRANCH`, `DOCS_DIR` …, by name without `$`. */
  readonly variables: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
  readonly nodes: Readonly<Record<NodeId, NodeScope>>;
  /** In the body of a loop group: its nodes as they were in the iteration before. Absent in the first one. */
  readonly previous?: Readonly<Record<NodeId, NodeScope>>;
}

/** One attempt of a node, as the workflow asks the host for it, whatever does it. */
export interface WorkTask {
  readonly runId: RunId;
  /** The root in whose box a sub-run works, and whose client left the environment. Absent: its own. */
  readonly rootRunId?: RunId;
  /** Of a sub-run that an operator has reset: its own fence token. What its earlier executions left there ends first. */
  readonly ownToken?: string;
  /** Generation of the box in which it works, and of no later one; absent: of whichever is open. */
  readonly fenceToken?: string;
  readonly nodeId: NodeId;
  /** From 1. */
  readonly attempt: number;
  /** Unique in the run, safe in a file name; marks the attempt's processes (`SIGNALBOX_ATTEMPT`). */
  readonly attemptId: string;
  readonly workingPath: string;
  readonly artifactsDir: string;
  /** Only what its texts and the bindings refer to. */
  readonly scope: Scope;
  /** Variables of the language for the node's environment, markers included; laid over the run's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Given to the program as `INPUTS_<NAME>`, over what `environment` says. Absent: none. */
  readonly bindings?: Readonly<Record<string, Binding>>;
  /** Whether the client left its environment for this run on the host (`EnvironmentStore`). */
  readonly hasClientEnvironment: boolean;
  /** From the polite signal to SIGKILL. */
  readonly graceMs: number;
  readonly fieldsRead: readonly string[];
  /** JSON Schema that the output has to fit. Absent: any text will do. */
  readonly outputFormat?: JsonObject;
  /** The output is also to be an artifact. */
  readonly artifact?: ArtifactOrder;
}

/** One attempt of a node that runs a program. `timeoutMs`: its hard limit. */
export interface AttemptTask extends WorkTask {
  readonly timeoutMs: number;
}

/** One attempt of a bash node. */
export interface ShellTask extends AttemptTask {
  readonly script: Text;
}

/** One attempt of a script node. */
export interface ScriptTask extends AttemptTask {
  readonly source: ScriptSource;
  readonly runtime: ScriptRuntime;
  /** Python packages, for uv. */
  readonly deps: readonly string[];
}

/** How an attempt ended, as data: a node that fails is nothing exceptional. */
export type AttemptResult =
  | {
      readonly kind: 'completed';
      readonly output: NodeOutput;
      /** End of standard error, at most 2,000 characters; empty when nothing was written. */
      readonly stderr: string;
      readonly durationMs: number;
      /** The artifact that the task asked for. */
      readonly artifact?: Artifact;
    }
  | { readonly kind: 'failed'; readonly failure: NodeFailure; readonly durationMs: number };
