import { formatReference, type Reference } from '../../core/expression/reference.js';
import type { FieldValue, NodeOutput, NodeScope, Scope, TextValue } from '../../core/run/task.js';
import { loadText } from './text-files.js';

type NodeReference = Exclude<Reference, { readonly kind: 'input' }>;
type Nodes = Record<string, NodeScope>;

async function loaded(value: TextValue, reference: Reference): Promise<TextValue> {
  if (value.kind === 'inline') return value;
  return { kind: 'inline', text: await loadText(value, formatReference(reference)) };
}

async function loadField(output: NodeOutput, field: string, reference: Reference): Promise<NodeOutput> {
  const value =
    output.fields !== null && Object.hasOwn(output.fields, field) ? output.fields[field] : undefined;
  if (value === undefined) return output;
  const inMemory: FieldValue = { ...value, text: await loaded(value.text, reference) };
  return { ...output, fields: { ...output.fields, [field]: inMemory } };
}

async function loadInto(nodes: Nodes, reference: NodeReference): Promise<void> {
  const node = Object.hasOwn(nodes, reference.nodeId) ? nodes[reference.nodeId] : undefined;
  if (node?.state !== 'completed') return;
  const { output } = node;
  const inMemory =
    reference.field === null
      ? { ...output, text: await loaded(output.text, reference) }
      : await loadField(output, reference.field, reference);
  nodes[reference.nodeId] = { state: 'completed', output: inMemory };
}

/**
 * The scope with every text in memory that is referred to. Other texts in files stay where they are.
 * @throws RunError `REFERENCE_UNRESOLVED`
 */
export async function loadScope(scope: Scope, references: readonly Reference[]): Promise<Scope> {
  const nodes: Nodes = { ...scope.nodes };
  const previous: Nodes = { ...scope.previous };
  for (const reference of references) {
    if (reference.kind !== 'input') await loadInto(reference.kind === 'node' ? nodes : previous, reference);
  }
  return { ...scope, nodes, ...(scope.previous === undefined ? {} : { previous }) };
}
