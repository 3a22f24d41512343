import type { Graph, Node } from '../definition/definition.js';
import { conditionReferences } from '../expression/condition.js';
import type { Reference } from '../expression/reference.js';
import type { NodeId } from '../ids.js';
import type { RunPlan } from './run-state.js';

type Positions = ReadonlyMap<NodeId, number>;
type Barriers = Pick<RunPlan, 'barrierOf' | 'countedBy' | 'behind' | 'counts'>;

/**
 * What follows from a graph alone: the place of every node, the sinks, and its schedule as barriers.
 * `layers`: one barrier per layer, which counts the layer before. `dataflow`: one barrier per node, which
 * counts its dependencies and the nodes of earlier layers that it refers to.
 */
export function makePlan(graph: Graph): RunPlan {
  const positionOf = new Map(graph.nodes.map((node, position) => [node.id, position]));
  const barriers = graph.schedule === 'layers' ? layerBarriers(graph) : nodeBarriers(graph, positionOf);
  return { positionOf, ...barriers, sinks: sinksOf(graph) };
}

function layerBarriers({ nodes }: Graph): Barriers {
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

function nodeBarriers({ nodes }: Graph, positionOf: Positions): Barriers {
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

/** Dependencies, those of the includes around, and nodes of earlier layers that the node refers to. */
function awaitedBy(node: Node, nodes: readonly Node[], positionOf: Positions): ReadonlySet<number> {
  const boundaries = node.boundaries ?? [];
  const awaited = new Set([...node.dependsOn, ...boundaries.flatMap(({ dependsOn }) => dependsOn)]);
  for (const reference of referencesOf(node)) {
    const position = reference.kind === 'node' ? positionOf.get(reference.nodeId) : undefined;
    const producer = position === undefined ? undefined : nodes[position];
    if (position !== undefined && producer && producer.layer < node.layer) awaited.add(position);
  }
  return awaited;
}

/** What the node's texts and conditions refer to, those of its body included. */
function referencesOf(node: Node): readonly Reference[] {
  const conditions = [node.when, ...(node.boundaries ?? []).map(({ when }) => when)];
  return [
    ...node.references,
    ...conditions.flatMap((when) => conditionReferences(when?.condition ?? [])),
    ...(node.kind === 'loop_group' ? node.body.nodes.flatMap(referencesOf) : []),
  ];
}

/** Positions of the nodes that nobody depends on. */
export function sinksOf({ nodes }: Graph): readonly number[] {
  const upstream = new Set(nodes.flatMap((node) => node.dependsOn));
  return nodes.flatMap((_, position) => (upstream.has(position) ? [] : [position]));
}
