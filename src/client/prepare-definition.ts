import { createHash } from 'node:crypto';
import type { Node, Text, WorkflowDefinition } from '../core/definition/definition.js';

/** Above this a text of a definition is stored by digest instead of travelling in the start request. */
const TRAVELLING_TEXT_BYTES = 16 * 1024;

/** A definition as it travels, and the texts that it leaves behind, by digest. */
export interface PreparedDefinition {
  readonly definition: WorkflowDefinition;
  readonly texts: ReadonlyMap<string, string>;
}

/** Replaces the large texts of a definition by their digests. */
export function prepareDefinition(definition: WorkflowDefinition): PreparedDefinition {
  const texts = new Map<string, string>();
  const store = (text: Text): Text => {
    if (text.kind === 'stored' || Buffer.byteLength(text.text) <= TRAVELLING_TEXT_BYTES) return text;
    const sha256 = createHash('sha256').update(text.text, 'utf8').digest('hex');
    texts.set(sha256, text.text);
    return { kind: 'stored', sha256, bytes: Buffer.byteLength(text.text) };
  };
  const nodes = definition.nodes.map((node): Node => {
    // Only a host resolves stored texts, and gates and reasons are rendered by the workflow.
    return node.kind === 'bash' ? { ...node, script: store(node.script) } : node;
  });
  return { definition: { ...definition, nodes }, texts };
}
