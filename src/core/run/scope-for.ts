import type { Reference } from '../expression/reference.js';
import type { NodeId } from '../ids.js';
import type { Level } from './level.js';
import type { NodeState } from './run-state.js';
import type { NodeScope, Scope } from './task.js';

/** A text, or a condition, and the layer in whose nodes' turn it is read. */
export interface Reader {
  readonly layer: number;
  readonly references: readonly Reference[];
}

const UNSETTLED: NodeScope = { state: 'unsettled' };

/**
 * What a text may see: only what it refers to, so that a task stays small. A node sees the nodes of earlier
 * layers and nothing of its own or later ones, whatever has settled by now: what a text says depends on the
 * definition, not on who was faster. In the body of a loop group it sees what the group sees, too, and the body
 * as the iteration before left it.
 * @param variables `WORKFLOW_ID`, `ARTIFACTS_DIR` …, by name without `$`
 */
export function scopeFor(
  level: Level,
  { layer, references }: Reader,
  variables: Readonly<Record<string, string>>,
): Scope {
  const nodes: [NodeId, NodeScope][] = [];
  const previous: [NodeId, NodeScope][] = [];
  const inputNames = new Set<string>();
  for (const reference of references) {
    if (reference.kind === 'input') inputNames.add(reference.name);
    else if (reference.kind === 'node')
      nodes.push([reference.nodeId, seenFrom(level, layer, reference.nodeId)]);
    else previous.push([reference.nodeId, seenBefore(level, reference.nodeId)]);
  }
  const inputs = Object.entries(level.state.inputs).filter(([name]) => inputNames.has(name));
  return {
    variables,
    inputs: Object.fromEntries(inputs),
    nodes: Object.fromEntries(nodes),
    ...(previous.length === 0 ? {} : { previous: Object.fromEntries(previous) }),
  };
}

function seenFrom({ graph, state, within }: Level, layer: number, producerId: NodeId): NodeScope {
  const position = state.plan.positionOf.get(producerId);
  if (position === undefined) {
    return within === null ? UNSETTLED : seenFrom(within.level, within.group.layer, producerId);
  }
  const producer = graph.nodes[position];
  return producer && producer.layer < layer ? seen(state.nodes[position]) : UNSETTLED;
}

/** One that was skipped then is empty, as in a first iteration: also its fields are. */
function seenBefore({ state, within }: Level, producerId: NodeId): NodeScope {
  if (within === null) return UNSETTLED;
  const position = state.plan.positionOf.get(producerId);
  if (position === undefined) return seenBefore(within.level, producerId);
  const before = seen(within.loop.previous[position]);
  return before.state === 'skipped' ? UNSETTLED : before;
}

function seen(node: NodeState | undefined): NodeScope {
  if (node?.status === 'completed') return { state: 'completed', output: node.output };
  if (node?.status === 'failed' || node?.status === 'skipped') return { state: node.status };
  return UNSETTLED;
}
