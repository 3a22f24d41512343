import type { Graph, ScriptNode, ScriptRuntime } from './definition.js';
import { runtimeOfFile } from './resource-name.js';

/** What runs a script: a named one's file says it, whatever the node says. */
export function runtimeOf({ source, runtime }: Pick<ScriptNode, 'source' | 'runtime'>): ScriptRuntime {
  return (source.kind === 'named' ? runtimeOfFile(source.file ?? '') : null) ?? runtime;
}

/** What the scripts of a graph need, those in the bodies of its loop groups included; each once. */
export function runtimesOf({ nodes }: Graph): readonly ScriptRuntime[] {
  const needed = nodes.flatMap((node) => {
    if (node.kind === 'script') return [runtimeOf(node)];
    return node.kind === 'loop_group' ? runtimesOf(node.body) : [];
  });
  return [...new Set(needed)];
}
