import type { Graph, Node, Text } from '../definition/definition.js';
import { substitute, type Surface } from '../expression/substitute.js';
import type { Scope } from '../run/task.js';

/** What a node is called by the key of the language that makes it one. */
export type NodeType = Exclude<Node['kind'], 'agent'> | 'prompt' | 'command';

/** Kinds whose work is done outside of the run: only a stub can tell a dry run what comes of it. */
export type WorkNode = Extract<Node, { readonly kind: 'bash' | 'script' | 'agent' | 'loop' | 'workflow' }>;

export function nodeType(node: Node): NodeType {
  if (node.kind !== 'agent') return node.kind;
  return node.prompt.kind === 'command' ? 'command' : 'prompt';
}

export function isWork(node: Node): node is WorkNode {
  switch (node.kind) {
    case 'bash':
    case 'script':
    case 'agent':
    case 'loop':
    case 'workflow':
      return true;
    case 'approval':
    case 'cancel':
    case 'loop_group':
      return false;
  }
}

/** The same graph in which all work is of one kind: to the planner it is all alike. */
export function asPlanned<Planned extends Graph>(graph: Planned): Planned {
  return { ...graph, nodes: graph.nodes.map(plannedNode) };
}

function plannedNode(node: Node): Node {
  if (node.kind === 'loop_group') return { ...node, body: asPlanned(node.body) };
  if (node.kind === 'approval' && node.onReject !== undefined) {
    // Nobody rejects anything in a dry run but a stub, and that means it.
    const { onReject: _onReject, ...gate } = node;
    return gate;
  }
  if (!isWork(node)) return node;
  const { id, description, dependsOn, layer, when, triggerRule, references, fieldsRead, boundaries } = node;
  const base = { id, description, dependsOn, layer, when, triggerRule, references, fieldsRead };
  const retry = 'retry' in node ? node.retry : null;
  const script = { kind: 'inline', text: '' } as const;
  return {
    ...base,
    ...(boundaries === undefined ? {} : { boundaries }),
    ...{ kind: 'bash', script, timeoutMs: 1, retry },
  };
}

/** `Bash node 'build'`, as failures begin. */
export function labelOf(node: Node): string {
  const name = nodeType(node).replace('_', '-');
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} node '${node.id}'`;
}

/**
 * The text of a node's work, references filled in; null: it has none that is known here.
 * @throws RunError `REFERENCE_UNRESOLVED`
 */
export function resolvedText(node: WorkNode, scope: Scope): string | null {
  const found = templateOf(node);
  return found === null ? null : substitute(found.template, found.surface, scope);
}

function templateOf(node: WorkNode): { readonly template: string; readonly surface: Surface } | null {
  switch (node.kind) {
    case 'bash':
      return inline(node.script, 'bash');
    case 'script':
      return node.source.kind === 'inline' ? inline(node.source.text, 'script') : null;
    case 'agent':
    case 'loop':
      return node.prompt.text === null ? null : inline(node.prompt.text, 'prompt');
    case 'workflow':
      return { template: node.input, surface: 'prompt' };
  }
}

function inline(
  text: Text,
  surface: Surface,
): { readonly template: string; readonly surface: Surface } | null {
  return text.kind === 'inline' ? { template: text.text, surface } : null;
}
