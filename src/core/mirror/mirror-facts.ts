import type { WorkflowDefinition } from '../definition/definition.js';
import type { WorktreeOrder } from '../isolation/worktree-order.js';
import type { JsonObject } from '../json.js';

/** What the mirror knows of a run and that never changes. */
export interface MirrorFacts {
  readonly definition: WorkflowDefinition;
  /** `$ARGUMENTS`. */
  readonly message: string;
  /** As asked for; null: the host looks it up. */
  readonly baseBranch: string | null;
  /** Absent: the run works in no worktree of its own. */
  readonly worktree?: WorktreeOrder;
  /** A claim: `me@laptop`. */
  readonly startedBy: string;
  readonly hostId: string;
  readonly uid: number;
  readonly temporalWorkflowId: string;
  /** What the generation before ended with; null: there was none, or it left no error. */
  readonly previousError: string | null;
  /** Absent: nobody's sub-run. */
  readonly parent?: { readonly runId: string };
  /** More for `metadata.signalbox`: how strong the box is, whose environment the nodes have. */
  readonly details: JsonObject;
}
