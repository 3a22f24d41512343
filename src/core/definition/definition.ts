import type { Condition } from '../expression/condition.js';
import type { Reference } from '../expression/reference.js';
import type { NodeId } from '../ids.js';

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

interface NodeBase {
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
}

/** Ends the run as cancelled, with a reason. */
export interface CancelNode extends NodeBase {
  readonly kind: 'cancel';
  readonly reason: Text;
}

export type Node = BashNode | ApprovalNode | CancelNode;
export type NodeKind = Node['kind'];

/** A declared input of a workflow. `defaultValue` null: none. */
export interface InputDeclaration {
  readonly name: string;
  readonly isRequired: boolean;
  readonly defaultValue: string | null;
  readonly description: string | null;
}

/** Compiled, immutable form of one YAML file. Plain JSON: it travels in the start request. */
export interface WorkflowDefinition {
  readonly name: string;
  readonly description: string;
  readonly schedule: Schedule;
  /** Declares that the run may stop for a person. */
  readonly isInteractive: boolean;
  readonly tags: readonly string[];
  readonly inputs: readonly InputDeclaration[];
  /** In the order of the file. */
  readonly nodes: readonly Node[];
}
