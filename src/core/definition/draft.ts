import type { When, Decision, InputDeclaration, RetryPolicy, Schedule, TriggerRule } from './definition.js';
import type { IssuePath } from './issue.js';
import type { NodeId } from '../ids.js';

/** What a node does, before the texts of the file have been checked against each other. */
export type DraftBody =
  | {
      readonly kind: 'bash';
      readonly text: string;
      readonly timeoutMs: number;
      readonly retry: RetryPolicy | null;
    }
  | {
      readonly kind: 'approval';
      readonly text: string;
      readonly decisions: readonly Decision[] | null;
      readonly captureResponse: boolean;
      readonly timeoutMs: number | null;
    }
  | { readonly kind: 'cancel'; readonly text: string };

/** A node as far as it could be read. Null: absent, or wrong and told. */
export interface DraftNode {
  /** Where it stands: `['nodes', 2]`. */
  readonly path: IssuePath;
  readonly id: NodeId | null;
  readonly description: string | null;
  readonly dependsOn: readonly string[];
  readonly when: When | null;
  readonly triggerRule: TriggerRule;
  readonly body: DraftBody | null;
}

/** A workflow as far as it could be read. */
export interface DraftWorkflow {
  readonly name: string;
  readonly description: string;
  readonly schedule: Schedule;
  readonly isInteractive: boolean;
  readonly tags: readonly string[];
  readonly inputs: readonly InputDeclaration[];
  readonly nodes: readonly DraftNode[];
}
