import type { SubrunNode } from '../definition/definition.js';
import type { NodeId, RunId } from '../ids.js';
import { openChildren, type ChildGate, type Subruns } from './subruns.js';

/** A node at work on its sub-runs. */
export interface DelegatingNode {
  readonly node: SubrunNode;
  readonly subruns: Subruns;
}

/** A gate of a sub-run, as its parent shows it. */
export interface ForeignGate {
  /** `<node>/<gate>`, of a fan-out `<node>[<index>]/<gate>`; gates of its own sub-runs stand behind further slashes. */
  readonly address: string;
  readonly nodeId: NodeId;
  readonly index: number;
  readonly runId: RunId;
  readonly temporalWorkflowId: string;
  readonly gate: ChildGate;
}

/** Gates of sub-runs that wait for a person, in the order of nodes and items. */
export function foreignGates(nodes: readonly DelegatingNode[]): readonly ForeignGate[] {
  return nodes.flatMap(({ node, subruns }) =>
    openChildren(subruns).flatMap(({ index, runId, temporalWorkflowId, gates }) =>
      gates.map((gate) => ({
        address: `${nameOf(node, index)}/${gate.nodeId}`,
        ...{ nodeId: node.id, index, runId, temporalWorkflowId, gate },
      })),
    ),
  );
}

function nameOf({ id, fanOut }: SubrunNode, index: number): string {
  return fanOut === null ? id : `${id}[${index}]`;
}

/** Whether a node waits for people only: every sub-run that is open does, and the host has nothing to do for it. */
export function isWaitingForPeople(subruns: Subruns): boolean {
  const open = openChildren(subruns);
  return subruns.asked === null && open.length > 0 && open.every(({ isPaused }) => isPaused);
}

/** The open sub-run of that id, and whose it is; null: there is none. */
export function findOpenChild(
  nodes: readonly DelegatingNode[],
  runId: string,
): { readonly nodeId: NodeId; readonly index: number } | null {
  for (const { node, subruns } of nodes) {
    const child = openChildren(subruns).find((one) => one.runId === runId);
    if (child !== undefined) return { nodeId: node.id, index: child.index };
  }
  return null;
}
