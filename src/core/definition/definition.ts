import type { Condition } from '../expression/condition.js';
import type { Reference } from '../expression/reference.js';
import type { NodeId } from '../ids.js';
import type { Json, JsonObject } from '../json.js';

/**
 * A text of a definition. Texts above 16 KiB are stored by digest before the start (`TextStore`), so
 * that the start request stays small; the host reads them when a node needs them.
 */
export type Text =
  | { readonly kind: 'inline'; readonly text: string }
  | { readonly kind: 'stored'; readonly sha256: string; readonly bytes: number };

/** How the join of a node's dependencies is read (`core/run/trigger-rule`). */
export type TriggerRule = 'all_success' | 'one_success' | 'none_failed_min_one_success' | 'all_done';

/**
 * When nodes start. `layers`: a layer starts when the one before has settled (Archon's way; files rely
 * on it). `dataflow`: a node starts as soon as its dependencies, and the nodes of earlier layers that it
 * refers to, have settled.
 */
export type Schedule = 'layers' | 'dataflow';

/** `maxAttempts` counts retries: a node runs at most `maxAttempts + 1` times. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly delayMs: number;
  readonly onError: 'transient' | 'all';
}

/** `when:` as written, and as read. */
export interface When {
  readonly text: string;
  readonly condition: Condition;
}

/**
 * A value that `with` gives to a node. `template`: a text whose references are replaced. `reference`: exactly
 * one reference, whose value keeps its type; `ifSkipped` stands in when its producer was skipped, and without
 * it the node fails then.
 */
export type Binding =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'template'; readonly text: string }
  | { readonly kind: 'reference'; readonly reference: Reference; readonly ifSkipped?: Json };

/**
 * What stands before a node that came from an include and does not begin it: unless one of the rules holds for
 * the nodes that the include depended on, and its condition too, the node is skipped (`trigger_rule`).
 */
export interface Boundary {
  /** Positions in the same graph. */
  readonly dependsOn: readonly number[];
  /** Those of the include's first nodes. */
  readonly triggerRules: readonly TriggerRule[];
  readonly when: When | null;
}

/** Keys that few nodes have. Absent: not declared. */
interface NodeExtras {
  /** Done again by a resume, even if it had been completed. */
  readonly alwaysRun?: true;
  /** The output is also written out as an artifact of this type. */
  readonly outputType?: string;
  /** JSON Schema that the output has to fit; its properties are the only fields that may be read. */
  readonly outputFormat?: JsonObject;
  /** `with`, and the inputs of the include that the node came from; by name. */
  readonly bindings?: Readonly<Record<string, Binding>>;
  /** Outermost include first. */
  readonly boundaries?: readonly Boundary[];
}

/** What every node has. */
export interface NodeBase extends NodeExtras {
  readonly id: NodeId;
  readonly description: string | null;
  /** Positions in `WorkflowDefinition.nodes`, in the order written, without repeats. */
  readonly dependsOn: readonly number[];
  /** 0 for a node without dependencies, else one more than its deepest dependency. */
  readonly layer: number;
  readonly when: When | null;
  readonly triggerRule: TriggerRule;
  /** What the node's texts refer to, `when` apart; without repeats, in order of appearance. */
  readonly references: readonly Reference[];
  /** Fields of this node's output that any condition or text of the definition reads. */
  readonly fieldsRead: readonly string[];
}

/** Runs a shell script. `timeoutMs`: hard limit of one attempt. */
export interface BashNode extends NodeBase {
  readonly kind: 'bash';
  readonly script: Text;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy | null;
}

/** One answer that a gate accepts. */
export interface Decision {
  readonly id: string;
  readonly label: string | null;
}

/**
 * Waits for a person. `decisions` null: an undeclared gate, which knows `approve` and `reject` only and
 * whose output is the comment (with `captureResponse`) or empty.
 */
export interface ApprovalNode extends NodeBase {
  readonly kind: 'approval';
  readonly message: Text;
  readonly decisions: readonly Decision[] | null;
  readonly captureResponse: boolean;
  /** After this long the node fails `GATE_TIMED_OUT`; null: it waits for ever. */
  readonly timeoutMs: number | null;
  /** An agent mends what was rejected, and the gate asks again; the rejection of number `maxAttempts` ends the run. */
  readonly onReject?: { readonly prompt: Text; readonly maxAttempts: number };
}

/** Ends the run as cancelled, with a reason. */
export interface CancelNode extends NodeBase {
  readonly kind: 'cancel';
  readonly reason: Text;
}

/** What runs a script: Bun (TypeScript, JavaScript) or uv (Python). */
export type ScriptRuntime = 'bun' | 'uv';

/**
 * Where the program of a script node is. `named`: a file of a scripts folder, without its extension; `file` is where
 * it lies in the run's captured source (`project/scripts/check.ts`), from when the start has found it.
 */
export type ScriptSource =
  | { readonly kind: 'inline'; readonly text: Text }
  | { readonly kind: 'named'; readonly name: string; readonly file?: string };

/** Runs a program in TypeScript, JavaScript or Python. `timeoutMs`: hard limit of one attempt. */
export interface ScriptNode extends NodeBase {
  readonly kind: 'script';
  readonly source: ScriptSource;
  readonly runtime: ScriptRuntime;
  /** Python packages, for uv. */
  readonly deps: readonly string[];
  readonly timeoutMs: number;
  readonly retry: RetryPolicy | null;
}

/** When a loop is done, and how a person takes part in it. */
export interface LoopRules {
  /** Signal looked for in the iteration's output. */
  readonly until: string | null;
  /** Script whose exit status 0 ends the loop. */
  readonly untilBash: Text | null;
  readonly maxIterations: number;
  readonly freshContext: boolean;
  /** Stops for a person after each iteration. */
  readonly isInteractive: boolean;
  readonly gateMessage: string | null;
  /** Of an interactive loop: a met condition ends it without asking. */
  readonly signalCompletes: boolean;
}

/** Runs a graph of nodes again and again. Ids in `body` are its own; `layer` and `dependsOn` count within it. */
export interface LoopGroupNode extends NodeBase {
  readonly kind: 'loop_group';
  readonly rules: LoopRules;
  readonly body: Graph;
}

/** How one sub-run per item of a list is made. */
export interface FanOut {
  /** Text that resolves to a JSON array. */
  readonly items: string;
  /** The child's input that the item becomes; null: the child's `$ARGUMENTS`. */
  readonly as: string | null;
  readonly maxParallel: number;
  readonly join: 'all_done' | 'all_success';
}

/** Runs another workflow as a run of its own. `bindings` are the child's inputs. */
export interface SubrunNode extends NodeBase {
  readonly kind: 'workflow';
  /** Name of a workflow of the start request's library. */
  readonly target: string;
  /** Text of the child's `$ARGUMENTS`. */
  readonly input: string;
  /** `inherit`: in the parent's working path, under its lease. */
  readonly isolation: 'inherit' | 'worktree';
  readonly fanOut: FanOut | null;
}

/** Settings of an agent as the file gives them, checked; by key. Absent keys are left to provider and config. */
export type AgentSettings = JsonObject;

/** Where the text for an agent comes from. `command`: a Markdown file, found and captured at the start. */
export type AgentPrompt =
  | { readonly kind: 'inline'; readonly text: Text }
  | { readonly kind: 'command'; readonly name: string; readonly text: Text | null };

/** One turn of an AI agent. */
export interface AgentNode extends NodeBase {
  readonly kind: 'agent';
  readonly prompt: AgentPrompt;
  readonly settings: AgentSettings;
  readonly idleTimeoutMs: number;
  readonly retry: RetryPolicy | null;
}

/** Turns of an AI agent until a condition is met. */
export interface AgentLoopNode extends NodeBase {
  readonly kind: 'loop';
  readonly prompt: AgentPrompt;
  readonly settings: AgentSettings;
  readonly rules: LoopRules;
  /** Property of `outputFormat` whose value true ends the loop. */
  readonly untilField: string | null;
  readonly idleTimeoutMs: number;
}

export type Node =
  BashNode | ApprovalNode | CancelNode | ScriptNode | LoopGroupNode | SubrunNode | AgentNode | AgentLoopNode;
export type NodeKind = Node['kind'];

/** Nodes and when they start: a whole definition, or the body of a loop group. */
export interface Graph {
  readonly schedule: Schedule;
  /** In the order of the file. */
  readonly nodes: readonly Node[];
}

/** A declared input of a workflow. `defaultValue` absent: none. */
export interface InputDeclaration {
  readonly name: string;
  readonly isRequired: boolean;
  readonly defaultValue?: Json;
  readonly description: string | null;
}

/** Compiled, immutable form of one YAML file. Plain JSON: it travels in the start request. */
export interface WorkflowDefinition extends Graph {
  readonly name: string;
  readonly description: string;
  /** Declares that the run may stop for a person. */
  readonly isInteractive: boolean;
  readonly tags: readonly string[];
  readonly inputs: readonly InputDeclaration[];
  /** False: the run takes no lease and may run beside others, by the author's word. Absent: true. */
  readonly mutatesCheckout?: false;
  /** Whether a run must have, or must not have, a worktree of its own. Absent: not said. */
  readonly worktree?: boolean;
  /** A run whose nodes succeed still fails without `evidence.json` among its artifacts. */
  readonly requiresEvidence?: true;
  /** Accounts that the person who starts it must have connected. */
  readonly requires?: readonly string[];
  /** The node whose output is the result that a parent reads. */
  readonly returns?: NodeId;
  /** Boolean property of that node's output that says whether the outcome is a success. */
  readonly outcomeField?: string;
}
