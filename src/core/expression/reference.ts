import type { NodeId } from '../ids.js';

/** What an expression points at: `$node.output`, `$node.output.field` or `$INPUTS.name`. */
export type Reference =
  | { readonly kind: 'node'; readonly nodeId: NodeId; readonly field: string | null }
  | { readonly kind: 'input'; readonly name: string };
