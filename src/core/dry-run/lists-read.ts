import type { Graph } from '../definition/definition.js';
import { findReferences } from '../expression/reference.js';
import type { NodeId } from '../ids.js';

/** What fan-outs take their items from: fields of the outputs of nodes, null for a whole one. */
export function listsReadIn({ nodes }: Graph): ReadonlyMap<NodeId, readonly (string | null)[]> {
  const lists = new Map<NodeId, (string | null)[]>();
  for (const node of nodes) {
    if (node.kind !== 'workflow' || node.fanOut === null) continue;
    for (const { reference } of findReferences(node.fanOut.items)) {
      if (reference.kind !== 'node') continue;
      lists.set(reference.nodeId, [...(lists.get(reference.nodeId) ?? []), reference.field]);
    }
  }
  return lists;
}
