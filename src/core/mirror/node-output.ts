import type { Json, JsonObject } from '../json.js';
import type { NodeOutput, TextValue } from '../run/task.js';

/** What of a text can be shown in a row: all of an inline one, the beginning of one in a file. */
export function shownText(text: TextValue): string {
  return text.kind === 'inline' ? text.text : text.excerpt;
}

/**
 * A node's output in `node_completed`: whole, with the value that it is of; or clipped as Archon marks it, with the
 * way to the whole.
 */
export function outputData({ text, isStructured }: NodeOutput): JsonObject {
  if (text.kind === 'inline') {
    const value = isStructured === true ? { structured_output: JSON.parse(text.text) as Json } : {};
    return { node_output: text.text, ...value };
  }
  return {
    node_output: `${text.excerpt}… [truncated; original output was ${text.bytes} bytes]`,
    node_output_truncated: true,
    node_output_original_bytes: text.bytes,
    node_output_spill_path: text.path,
  };
}
