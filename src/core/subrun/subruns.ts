import type { RunId } from '../ids.js';
import type { JsonObject } from '../json.js';
import type { DecisionLabels } from '../run/decision-labels.js';
import type { NodeFailure, TextValue } from '../run/task.js';

/** What an earlier generation of the parent has left of a child with the same item. */
export type FormerChild =
  | {
      readonly kind: 'completed';
      readonly runId: RunId;
      readonly output: TextValue | null;
      readonly isStructured: boolean;
    }
  /** It can be resumed. `epoch`: its newest; `error`: what it ended with. */
  | { readonly kind: 'ended'; readonly runId: RunId; readonly epoch: string; readonly error: string | null };

/** With what a child is to be started. */
export interface ChildPlan {
  /** Digest of what it is given: by it a later generation recognises its item. */
  readonly hash: string;
  /** Its `$ARGUMENTS`. */
  readonly message: string;
  /** Its inputs, defaults filled in, as texts … */
  readonly inputs: Readonly<Record<string, string>>;
  /** … and as what they are. */
  readonly inputValues: JsonObject;
  readonly former: FormerChild | null;
}

/** A gate of a child, as the child calls it. */
export interface ChildGate {
  readonly nodeId: string;
  readonly message: string;
  readonly decisions: readonly string[];
  readonly labels?: DecisionLabels;
  readonly openedAt: string;
}

/** How a child ended. `isStructured`: its output is JSON by declaration, not by chance. */
export type ChildEnd =
  | {
      readonly status: 'completed';
      readonly runId: RunId;
      readonly output: TextValue | null;
      readonly isStructured: boolean;
    }
  | {
      readonly status: 'failed' | 'cancelled';
      readonly runId: RunId | null;
      readonly failure: NodeFailure;
    };

export type Child =
  | { readonly status: 'planned'; readonly plan: ChildPlan }
  | {
      readonly status: 'open';
      readonly runId: RunId;
      readonly temporalWorkflowId: string;
      /** Nothing but its gates is left to wait for. */
      readonly isPaused: boolean;
      readonly gates: readonly ChildGate[];
      /** Who has ended it early, and why: its last word. */
      readonly endedBy?: string;
    }
  | { readonly status: 'ended'; readonly end: ChildEnd };

/** Elements of the output that stand in a file already, as a JSON array. */
export interface Page {
  readonly count: number;
  readonly text: TextValue;
}

/** What the host has been asked for a node and has not answered. */
export type Asked = 'plan' | 'page' | 'join';

/** What a node that runs other workflows has begun, and what has become of it. */
export interface Subruns {
  /** How many children there will be; null: not known yet. */
  readonly total: number | null;
  /** The first elements. */
  readonly pages: readonly Page[];
  /** Those behind the pages, in the order of their items, as far as they are planned. */
  readonly children: readonly Child[];
  readonly asked: Asked | null;
  /** Of a join that wants all to succeed: what it met first. */
  readonly failure: NodeFailure | null;
}

/** A node of which nothing is known yet. */
export const NO_SUBRUNS: Subruns = { total: null, pages: [], children: [], asked: null, failure: null };

/** How many elements stand in pages: the index of the first child that is not in one. */
export function pagedCount({ pages }: Pick<Subruns, 'pages'>): number {
  return pages.reduce((count, page) => count + page.count, 0);
}

/** The child of an item; null: it is not planned, or in a page. */
export function childAt(subruns: Subruns, index: number): Child | null {
  return subruns.children[index - pagedCount(subruns)] ?? null;
}

export type OpenChild = Extract<Child, { readonly status: 'open' }> & { readonly index: number };

/** In the order of their items. */
export function openChildren(subruns: Subruns): readonly OpenChild[] {
  const from = pagedCount(subruns);
  return subruns.children.flatMap((child, offset) =>
    child.status === 'open' ? [{ ...child, index: from + offset }] : [],
  );
}

/** The end of a child that earlier generations have left as completed. */
export function formerEnd(plan: ChildPlan): ChildEnd | null {
  if (plan.former?.kind !== 'completed') return null;
  const { runId, output, isStructured } = plan.former;
  return { status: 'completed', runId, output, isStructured };
}
