import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Node } from '../definition/definition.js';
import type { NodeId } from '../ids.js';
import type { Level } from './level.js';
import type { NodeState } from './run-state.js';
import type { NodeOutput } from './task.js';

/** Why a node that an earlier generation of the run has finished is done again. */
export type ResetCause =
  | { readonly kind: 'always_run' }
  /** Nodes that it depends on failed, or gave out something else than before. */
  | { readonly kind: 'stale_dependency'; readonly dependencies: readonly NodeId[] };

/** Null: what it gave out then still holds. */
export function resetCause(level: Level, node: Node): ResetCause | null {
  if (node.alwaysRun === true) return { kind: 'always_run' };
  const dependencies = node.dependsOn.flatMap((position) => {
    const producer = level.graph.nodes[position];
    const settled = level.state.nodes[position];
    return producer && settled && hasChanged(level, producer.id, settled) ? [producer.id] : [];
  });
  return dependencies.length === 0 ? null : { kind: 'stale_dependency', dependencies };
}

/** What is left of an output for telling it from another one. */
export function digestOf({ text }: NodeOutput): string {
  return text.kind === 'file' ? text.sha256 : bytesToHex(sha256(utf8ToBytes(text.text)));
}

/** One that is skipped now says nothing new. */
function hasChanged({ state }: Level, nodeId: NodeId, settled: NodeState): boolean {
  if (settled.status === 'failed') return true;
  if (settled.status !== 'completed' || settled.isKept === true) return false;
  return state.formerDigests[nodeId] !== digestOf(settled.output);
}
