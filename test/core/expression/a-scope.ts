import { toOutput } from '../../../src/core/expression/output.js';
import type { NodeScope, Scope, TextValue } from '../../../src/core/run/task.js';

/** A completed node with this output, of which the fields named are read. */
export function completed(text: string, fieldsRead: readonly string[] = []): NodeScope {
  return { state: 'completed', output: toOutput(text, fieldsRead) };
}

/** A completed node whose output lies in a file. */
export function filed(text: TextValue & { readonly kind: 'file' }): NodeScope {
  return { state: 'completed', output: { text, fields: null } };
}

export function aScope(
  nodes: Readonly<Record<string, NodeScope>>,
  rest: { readonly variables?: Scope['variables']; readonly inputs?: Scope['inputs'] } = {},
): Scope {
  return { variables: {}, inputs: {}, ...rest, nodes };
}
