import type { Graph, Node } from '../definition/definition.js';
import type { NodeId } from '../ids.js';
import type { ArtifactOrder, LoopFrame } from './artifact.js';
import { nameAt } from './place.js';
import type { RunState } from './run-state.js';
import type { TextValue } from './task.js';

/** What a node has given out that is to be an artifact. */
export interface OutputToKeep {
  /** What people call the node. */
  readonly name: NodeId;
  readonly order: ArtifactOrder;
  readonly text: TextValue;
}

const AT_WORK: readonly Node['kind'][] = ['bash', 'script', 'agent'];

/** A node that runs a program, or an agent, leaves its artifact with its attempt. */
function isKeptAfterwards(node: Node): boolean {
  return node.outputType !== undefined && !AT_WORK.includes(node.kind);
}

/** Whether there can be such outputs at all. */
export function mayHaveOutputsToKeep({ nodes }: Graph): boolean {
  return nodes.some(
    (node) => isKeptAfterwards(node) || (node.kind === 'loop_group' && mayHaveOutputsToKeep(node.body)),
  );
}

/**
 * Outputs of gates, groups and sub-runs that are to be artifacts, of every node that has completed, in the bodies that
 * are at work, too.
 */
export function outputsToKeep(
  graph: Graph,
  state: RunState,
  frames: readonly LoopFrame[] = [],
): readonly OutputToKeep[] {
  const place = frames.map(({ groupId, iteration }) => ({ nodeId: groupId as NodeId, iteration }));
  return graph.nodes.flatMap((node, position) => {
    const now = state.nodes[position];
    if (node.kind === 'loop_group' && now?.status === 'looping') {
      return outputsToKeep(node.body, now.body, [...frames, { groupId: node.id, iteration: now.iteration }]);
    }
    if (now?.status !== 'completed' || node.outputType === undefined || !isKeptAfterwards(node)) return [];
    const { id: nodeId, outputType } = node;
    const order = { nodeId, outputType, ...(frames.length === 0 ? {} : { loopGroupPath: frames }) };
    return [{ name: nameAt(place, nodeId), order, text: now.output.text }];
  });
}
