import { INPUTS, formatReference, type Reference } from './reference.js';
import type { FieldValue, NodeOutput, NodeScope, Scope, TextValue } from '../run/task.js';

/** What a reference stands for, or why it stands for nothing: then the node that reads it fails. */
export type Resolution =
  | { readonly kind: 'value'; readonly value: FieldValue }
  | { readonly kind: 'unresolved'; readonly message: string };

const UNSETTLED: NodeScope = { state: 'unsettled' };

/**
 * Looks a reference up. The whole output of a node that was skipped or has not run is empty; a field of it,
 * and anything of a failed node, is unresolved. In a first iteration everything of the one before is empty.
 */
export function resolveReference(reference: Reference, scope: Scope): Resolution {
  if (reference.kind === 'input') return resolveInput(reference.name, scope);
  const { nodeId, field } = reference;
  const node = nodeOf(reference, scope);
  if (reference.kind === 'previous' && node.state === 'unsettled') return inline('');
  switch (node.state) {
    case 'completed':
      return field === null ? whole(node.output) : resolveField(reference, field, node.output);
    case 'failed':
      return unresolved(reference, `node '${nodeId}' failed, so its output is not to be trusted`);
    case 'skipped':
      return field === null ? inline('') : unresolved(reference, `node '${nodeId}' was skipped`);
    case 'unsettled':
      return field === null ? inline('') : unresolved(reference, `node '${nodeId}' has not run yet`);
  }
}

/** Whether what is referred to belongs to a node that was skipped. */
export function wasSkipped(reference: Reference, scope: Scope): boolean {
  return reference.kind !== 'input' && nodeOf(reference, scope).state === 'skipped';
}

function nodeOf({ kind, nodeId }: Exclude<Reference, { readonly kind: 'input' }>, scope: Scope): NodeScope {
  const nodes = kind === 'previous' ? (scope.previous ?? {}) : scope.nodes;
  return Object.hasOwn(nodes, nodeId) ? (nodes[nodeId] ?? UNSETTLED) : UNSETTLED;
}

function resolveInput(name: string, scope: Scope): Resolution {
  const value = Object.hasOwn(scope.inputs, name) ? scope.inputs[name] : undefined;
  if (value !== undefined) return inline(value);
  const known = Object.keys(scope.inputs).map((input) => `$${INPUTS}.${input}`);
  const hint = known.length === 0 ? 'this run has no inputs' : `this run has ${known.join(', ')}`;
  return unresolved({ kind: 'input', name }, `no such input was given: ${hint}`);
}

function resolveField(reference: Reference, field: string, output: NodeOutput): Resolution {
  if (output.fields === null) return unresolved(reference, 'the output is not a JSON object');
  const value = Object.hasOwn(output.fields, field) ? output.fields[field] : undefined;
  if (value !== undefined) return { kind: 'value', value };
  return unresolved(reference, `the output is a JSON object without '${field}'`);
}

function whole(output: NodeOutput): Resolution {
  const type = output.isStructured === true ? 'json' : 'string';
  return { kind: 'value', value: { type, text: output.text } };
}

function inline(value: string): Resolution {
  return text({ kind: 'inline', text: value });
}

function text(value: TextValue): Resolution {
  return { kind: 'value', value: { type: 'string', text: value } };
}

function unresolved(reference: Reference, problem: string): Resolution {
  return { kind: 'unresolved', message: `'${formatReference(reference)}' has no value: ${problem}` };
}
