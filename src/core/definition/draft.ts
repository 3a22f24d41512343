import type { Json, JsonObject } from '../json.js';
import type { NodeId } from '../ids.js';
import type {
  AgentLoopNode,
  AgentNode,
  ApprovalNode,
  BashNode,
  CancelNode,
  InputDeclaration,
  LoopGroupNode,
  NodeBase,
  Schedule,
  ScriptNode,
  SubrunNode,
  TriggerRule,
  When,
} from './definition.js';
import type { IssuePath } from './issue.js';

/** What a node of this kind has that others have not. */
type Own<Node extends NodeBase> = Omit<Node, keyof NodeBase>;

/** The nodes of a body, before they are a graph. */
export type DraftGroup = Omit<Own<LoopGroupNode>, 'body'> & {
  readonly body: readonly DraftNode[];
  /** Settings for the agents of the body that have none of their own. */
  readonly settings: JsonObject;
};

/** Stands for the nodes of another workflow; gone when a definition is compiled. */
export interface DraftInclude {
  readonly kind: 'include';
  readonly target: string;
}

/** What a node does, before the texts of the file have been checked against each other. All texts are inline. */
export type DraftBody =
  | Own<BashNode>
  | Own<ScriptNode>
  | Own<ApprovalNode>
  | Own<CancelNode>
  | Own<SubrunNode>
  | Own<AgentNode>
  | Own<AgentLoopNode>
  | DraftGroup
  | DraftInclude;

/** A value of `with`. `text`: its references are replaced; one that stands alone keeps its type. */
export type DraftBinding =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'text'; readonly text: string; readonly ifSkipped?: Json };

/** A `Boundary` with names for positions. */
export interface DraftBoundary {
  readonly dependsOn: readonly string[];
  readonly triggerRules: readonly TriggerRule[];
  readonly when: When | null;
}

/** A node as far as it could be read. Null: absent, or wrong and told. */
export interface DraftNode {
  /** Where it stands in its file: `['nodes', 2]`. */
  readonly path: IssuePath;
  /** Its keys there, whatever they are worth. */
  readonly written: readonly string[];
  readonly id: NodeId | null;
  readonly description: string | null;
  readonly dependsOn: readonly string[];
  readonly when: When | null;
  readonly triggerRule: TriggerRule | null;
  readonly extras: Pick<NodeBase, 'alwaysRun' | 'outputType' | 'outputFormat'>;
  readonly bindings: Readonly<Record<string, DraftBinding>>;
  readonly boundaries: readonly DraftBoundary[];
  readonly body: DraftBody | null;
}

/** A workflow as far as it could be read. */
export interface DraftWorkflow {
  /** Its keys in the file, whatever they are worth. */
  readonly written: readonly string[];
  readonly name: string;
  readonly description: string;
  /** Null: not said. */
  readonly schedule: Schedule | null;
  readonly isInteractive: boolean;
  readonly tags: readonly string[];
  readonly inputs: readonly InputDeclaration[];
  readonly nodes: readonly DraftNode[];
  readonly mutatesCheckout: boolean;
  /** Null: not said. */
  readonly worktree: boolean | null;
  readonly requiresEvidence: boolean;
  readonly requires: readonly string[];
  readonly returns: string | null;
  readonly outcomeField: string | null;
  /** Keys of the workflow that an include does not carry over. */
  readonly ownKeys: readonly string[];
}
