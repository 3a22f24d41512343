import type { Node, WorkflowDefinition } from '../definition/definition.js';
import { conditionReferences } from '../expression/condition.js';
import type { NodeId } from '../ids.js';
import type { RunPlan } from './run-state.js';

type Positions = ReadonlyMap<NodeId, number>;
type Barriers = Pick<RunPlan, 'barrierOf' | 'countedBy' | 'behind' | 'counts'>;

/**
 * What follows from a definition alone: the place of every node, the sinks, and its schedule as barriers.
 * `layers`: one barrier per layer, which counts the layer before. `dataflow`: one barrier per node, which
 * counts its dependencies and the nodes of earlier layers that it refers to.
 */
export function makePlan(definition: WorkflowDefinition): RunPlan {
  const positionOf = new Map(definition.nodes.map((node, position) => [node.id, position]));
  const barriers =
    definition.schedule === 'layers' ? layerBarriers(definition) : nodeBarriers(definition, positionOf);
  return { positionOf, ...barriers, sinks: sinksOf(definition) };
}

function layerBarriers({ nodes }: WorkflowDefinition): Barriers {
  const layerCount = nodes.reduce((deepest, node) => Math.max(deepest, node.layer + 1), 0);
  const behind: number[][] = Array.from({ length: layerCount }, () => []);
  nodes.forEach((node, position) => behind[node.layer]?.push(position));
  return {
    barrierOf: nodes.map((node) => node.layer),
    countedBy: nodes.map((node) => (node.layer + 1 < layerCount ? [node.layer + 1] : [])),
    behind,
    counts: behind.map((_, layer) => behind[layer - 1]?.length ?? 0),
  };
}

function nodeBarriers({ nodes }: WorkflowDefinition, positionOf: Positions): Barriers {
  const awaited = nodes.map((node) => awaitedBy(node, nodes, positionOf));
  const countedBy: number[][] = nodes.map(() => []);
  awaited.forEach((positions, barrier) => {
    for (const position of positions) countedBy[position]?.push(barrier);
  });
  return {
    barrierOf: nodes.map((_, position) => position),
    countedBy,
    behind: nodes.map((_, position) => [position]),
    counts: awaited.map((positions) => positions.size),
  };
}

/** Dependencies, and nodes of earlier layers that the node's texts or its condition refer to. */
function awaitedBy(node: Node, nodes: readonly Node[], positionOf: Positions): ReadonlySet<number> {
  const awaited = new Set(node.dependsOn);
  for (const reference of [...node.references, ...conditionReferences(node.when?.condition ?? [])]) {
    const position = reference.kind === 'node' ? positionOf.get(reference.nodeId) : undefined;
    const producer = position === undefined ? undefined : nodes[position];
    if (position !== undefined && producer && producer.layer < node.layer) awaited.add(position);
  }
  return awaited;
}

function sinksOf({ nodes }: WorkflowDefinition): readonly number[] {
  const upstream = new Set(nodes.flatMap((node) => node.dependsOn));
  return nodes.flatMap((_, position) => (upstream.has(position) ? [] : [position]));
}
