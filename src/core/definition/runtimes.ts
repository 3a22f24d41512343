import type { Graph, ScriptRuntime } from './definition.js';

/** What the scripts of a graph need, those in the bodies of its loop groups included; each once. */
export function runtimesOf({ nodes }: Graph): readonly ScriptRuntime[] {
  const needed = nodes.flatMap((node) => {
    if (node.kind === 'script') return [node.runtime];
    return node.kind === 'loop_group' ? runtimesOf(node.body) : [];
  });
  return [...new Set(needed)];
}
