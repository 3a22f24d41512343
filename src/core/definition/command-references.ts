import { findReferences, formatReference, type Reference } from '../expression/reference.js';
import type { Graph, Node } from './definition.js';

/**
 * The same nodes, knowing what the texts of their commands refer to, and the nodes that these read which of their
 * fields: files of commands are found only when a run starts.
 */
export function withCommandReferences<Known extends Graph>(graph: Known): Known {
  return settled(graph).graph;
}

interface Settled<Known extends Graph> {
  readonly graph: Known;
  /** What is referred to that stands outside. */
  readonly free: readonly Reference[];
}

function settled<Known extends Graph>(graph: Known): Settled<Known> {
  const made = graph.nodes.map(withOwn);
  const added = made.flatMap(({ references }) => references);
  if (added.length === 0) return { graph, free: [] };
  const ids = new Set(graph.nodes.map(({ id }) => id));
  const nodes = made.map(({ node }) => ({
    ...node,
    fieldsRead: union(node.fieldsRead, fieldsOf(node, added)),
  }));
  const free = added.filter((one) => one.kind === 'node' && !ids.has(one.nodeId));
  return { graph: { ...graph, nodes }, free };
}

/** A node, and what of it is looked for in the graph that it stands in. */
function withOwn(node: Node): { readonly node: Node; readonly references: readonly Reference[] } {
  if (node.kind === 'loop_group') {
    const { graph: body, free } = settled(node.body);
    if (body === node.body) return { node, references: [] };
    return { node: { ...node, body, references: onePer([...node.references, ...free]) }, references: free };
  }
  const references = ofCommand(node);
  if (references.length === 0) return { node, references };
  return { node: { ...node, references: onePer([...node.references, ...references]) }, references };
}

function ofCommand(node: Node): readonly Reference[] {
  if (node.kind !== 'agent' && node.kind !== 'loop') return [];
  const { prompt } = node;
  if (prompt.kind !== 'command' || prompt.text?.kind !== 'inline') return [];
  return findReferences(prompt.text.text).map(({ reference }) => reference);
}

function fieldsOf({ id }: Node, references: readonly Reference[]): readonly string[] {
  return references.flatMap((one) =>
    one.kind !== 'input' && one.nodeId === id && one.field !== null ? [one.field] : [],
  );
}

function onePer(references: readonly Reference[]): readonly Reference[] {
  return [...new Map(references.map((one) => [formatReference(one), one])).values()];
}

function union(known: readonly string[], more: readonly string[]): readonly string[] {
  return more.length === 0 ? known : [...new Set([...known, ...more])];
}
