import { findReferences, formatReference, type Reference } from '../../core/expression/reference.js';
import type { FieldValue, NodeOutput, NodeScope, Scope, TextValue } from '../../core/run/task.js';
import { loadText } from './text-files.js';

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

/**
 * The scope with every text in memory that a script refers to. Texts in files that it does not refer to stay
 * where they are.
 * @throws RunError `REFERENCE_UNRESOLVED`
 */
export async function loadScope(scope: Scope, script: string): Promise<Scope> {
  const nodes: Record<string, NodeScope> = { ...scope.nodes };
  for (const { reference } of findReferences(script)) {
    if (reference.kind !== 'node' || !Object.hasOwn(nodes, reference.nodeId)) continue;
    const node = nodes[reference.nodeId];
    if (node?.state !== 'completed') continue;
    const { output } = node;
    const inMemory =
      reference.field === null
        ? { ...output, text: await loaded(output.text, reference) }
        : await loadField(output, reference.field, reference);
    nodes[reference.nodeId] = { state: 'completed', output: inMemory };
  }
  return { ...scope, nodes };
}
