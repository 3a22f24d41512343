import type { Node, WorkflowDefinition } from '../definition/definition.js';
import type { Reference } from '../expression/reference.js';
import type { NodeId } from '../ids.js';
import type { RunState } from './run-state.js';
import type { NodeScope, Scope } from './task.js';

/**
 * What a node's texts may see: only what they refer to, so that a task stays small. A node sees the nodes of
 * earlier layers and nothing of its own or later ones, whatever has settled by now: what a text says depends
 * on the definition, not on who was faster.
 * @param references what the text refers to (`node.references`, or those of its condition)
 * @param variables `WORKFLOW_ID`, `ARTIFACTS_DIR` …, by name without `$`
 */
export function scopeFor(
  definition: WorkflowDefinition,
  state: RunState,
  reader: { readonly node: Node; readonly references: readonly Reference[] },
  variables: Readonly<Record<string, string>>,
): Scope {
  const nodes: [NodeId, NodeScope][] = [];
  const inputNames = new Set<string>();
  for (const reference of reader.references) {
    if (reference.kind === 'input') inputNames.add(reference.name);
    else if (reference.kind === 'node')
      nodes.push([reference.nodeId, seenBy(definition, state, reader.node, reference.nodeId)]);
  }
  const inputs = Object.entries(state.inputs).filter(([name]) => inputNames.has(name));
  return { variables, inputs: Object.fromEntries(inputs), nodes: Object.fromEntries(nodes) };
}

function seenBy(
  definition: WorkflowDefinition,
  state: RunState,
  reader: Node,
  producerId: NodeId,
): NodeScope {
  const position = state.plan.positionOf.get(producerId) ?? -1;
  const producer = definition.nodes[position];
  const settled = state.nodes[position];
  if (!producer || !settled || producer.layer >= reader.layer) return { state: 'unsettled' };
  if (settled.status === 'completed') return { state: 'completed', output: settled.output };
  const isSeen = settled.status === 'failed' || settled.status === 'skipped';
  return { state: isSeen ? settled.status : 'unsettled' };
}
