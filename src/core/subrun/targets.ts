import type { Graph } from '../definition/definition.js';

/** Names of the workflows that nodes of a graph run, each once, in order of appearance. */
export function targetsOf(graph: Graph): readonly string[] {
  const names = graph.nodes.flatMap((node) => {
    if (node.kind === 'workflow') return [node.target];
    return node.kind === 'loop_group' ? targetsOf(node.body) : [];
  });
  return [...new Set(names)];
}
