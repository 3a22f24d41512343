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
  const inputs: Record<string, string> = {};
  const nodes: Record<NodeId, NodeScope> = {};
  for (const reference of reader.references) {
    if (reference.kind === 'node') {
      nodes[reference.nodeId] = seenBy(definition, state, reader.node, reference.nodeId);
    } else {
      const value = Object.hasOwn(state.inputs, reference.name) ? state.inputs[reference.name] : undefined;
      if (value !== undefined) inputs[reference.name] = value;
    }
  }
  return { variables, inputs, nodes };
}

function seenBy(definition: WorkflowDefinition, state: RunState, reader: Node, producerId: NodeId): NodeScope {
  const position = state.plan.positionOf.get(producerId) ?? -1;
  const producer = definition.nodes[position];
  const settled = state.nodes[position];
  if (!producer || !settled || producer.layer >= reader.layer) return { state: 'unsettled' };
  switch (settled.status) {
    case 'completed':
      return { state: 'completed', output: settled.output };
    case 'failed':
    case 'skipped':
      return { state: settled.status };
    case 'pending':
    case 'running':
    case 'retrying':
    case 'waiting':
    case 'dropped':
      return { state: 'unsettled' };
  }
}
