import type { JsonObject } from '../json.js';
import type { NodeOutput, TextValue } from '../run/task.js';

/** What of a text can be shown in a row: all of an inline one, the beginning of one in a file. */
export function shownText(text: TextValue): string {
  return text.kind === 'inline' ? text.text : text.excerpt;
}

/** A node's output in `node_completed`: whole, or clipped as Archon marks it, with the way to the whole. */
export function outputData({ text }: NodeOutput): JsonObject {
  if (text.kind === 'inline') return { node_output: text.text };
  return {
    node_output: `${text.excerpt}… [truncated; original output was ${text.bytes} bytes]`,
    node_output_truncated: true,
    node_output_original_bytes: text.bytes,
    node_output_spill_path: text.path,
  };
}
