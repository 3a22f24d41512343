import { createHash } from 'node:crypto';
import type { Library } from '../contract/start-request.js';
import type { ScriptRuntime, Text, WorkflowDefinition } from '../core/definition/definition.js';
import { mapHostTexts } from '../core/definition/resources.js';
import { runtimesOf } from '../core/definition/runtimes.js';
import type { CapturedWorkflow } from './source/capture-source.js';

/** Above this a text of a definition is stored by digest instead of travelling in the start request. */
const TRAVELLING_TEXT_BYTES = 16 * 1024;

/** What travels in a start request, and the texts that it leaves behind, by digest. */
export interface PreparedSource {
  readonly definition: WorkflowDefinition;
  readonly library: Library;
  /** What scripts of the library need. */
  readonly libraryRuntimes: readonly ScriptRuntime[];
  readonly texts: ReadonlyMap<string, string>;
}

/** Replaces large texts by their digests, in a definition and in those that it runs. */
export function prepareSource({ definition, library, texts }: CapturedWorkflow): PreparedSource {
  const stored = new Map(texts);
  const store = (text: Text): Text => {
    if (text.kind === 'stored' || Buffer.byteLength(text.text) <= TRAVELLING_TEXT_BYTES) return text;
    const sha256 = createHash('sha256').update(text.text, 'utf8').digest('hex');
    stored.set(sha256, text.text);
    return { kind: 'stored', sha256, bytes: Buffer.byteLength(text.text) };
  };
  const others = Object.entries(library).map(
    ([name, other]) =>
      [name, store({ kind: 'inline', text: JSON.stringify(mapHostTexts(other, store)) })] as const,
  );
  return {
    definition: mapHostTexts(definition, store),
    library: Object.fromEntries(others),
    libraryRuntimes: [...new Set(Object.values(library).flatMap(runtimesOf))],
    texts: stored,
  };
}
