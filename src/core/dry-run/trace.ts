import type { NodeType } from './work.js';

/** One thing that a dry run has seen happen, in order. */
export interface TraceEntry {
  /** `group.node` for one in the body of a loop group; of a sub-run `workflow/node`. */
  readonly nodeId: string;
  readonly nodeType: NodeType;
  readonly state: 'completed' | 'failed' | 'skipped' | 'paused';
  /** Why, or how it came about. */
  readonly reason: string;
  /** Of a node in a body, from 1. */
  readonly iteration?: number;
  /** Of a node in a sub-run of a fan-out: which item, from 0. */
  readonly item?: number;
  /** What would have run, been sent or been shown, references filled in. */
  readonly resolvedText?: string;
  readonly output?: string;
}

/** What a dry run has found out. Names are those of Archon's own. */
export interface DryRun {
  readonly workflow: string;
  readonly outcome: 'completed' | 'failed' | 'cancelled' | 'paused';
  readonly trace: readonly TraceEntry[];
  /** Nodes that were reached and have no stub, in order of name. */
  readonly missingStubs: readonly string[];
  /** Stubs that nothing has asked for, in order of name. */
  readonly unusedStubs: readonly string[];
  /** What the run would have given out; null: nothing. */
  readonly summary: string | null;
  /** Why it failed, or was cancelled; null: it did not, or nobody said. */
  readonly reason: string | null;
}
