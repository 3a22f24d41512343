import { byteLength } from '../expression/output.js';
import type { NodeId } from '../ids.js';
import { excerptOf } from './excerpt.js';
import type { NodeOutput, TextValue } from './task.js';

const EXCERPT_CHARACTERS = 2_000;
/** Room for the path, digest and size of an output that has moved to a file. */
const FILE_REFERENCE_BYTES = 512;

/** How short excerpts get, one after the other, until what travels fits. */
export const SHORTER_EXCERPTS: readonly number[] = [200, 20];

/** Bytes that anything takes when it travels as JSON. */
export function jsonBytes(value: unknown): number {
  return byteLength(JSON.stringify(value));
}

/**
 * Nodes whose outputs must move to files to save `excessBytes`, the largest first; fewer bytes than that when
 * nothing more can move.
 */
export function outputsToMove(
  outputs: readonly { readonly nodeId: NodeId; readonly output: NodeOutput }[],
  excessBytes: number,
): readonly NodeId[] {
  const movable = outputs
    .map(({ nodeId, output }) => ({ nodeId, savedBytes: savedByMoving(output) }))
    .filter(({ savedBytes }) => savedBytes > 0)
    .sort((a, b) => b.savedBytes - a.savedBytes);
  const moving: NodeId[] = [];
  let excess = excessBytes;
  for (const { nodeId, savedBytes } of movable) {
    if (excess <= 0) break;
    excess -= savedBytes;
    moving.push(nodeId);
  }
  return moving;
}

/** The output with the excerpt of a text in a file no longer than that. */
export function withShortExcerpt(output: NodeOutput, characters: number): NodeOutput {
  if (output.text.kind !== 'file') return output;
  return { ...output, text: { ...output.text, excerpt: excerptOf(output.text.excerpt, characters) } };
}

function savedByMoving({ text, fields }: NodeOutput): number {
  const texts = [text, ...Object.values(fields ?? {}).map((field) => field.text)];
  return texts.reduce((saved, one) => saved + Math.max(0, savedText(one)), 0);
}

function savedText(text: TextValue): number {
  if (text.kind === 'file') return 0;
  return jsonBytes(text.text) - jsonBytes(excerptOf(text.text, EXCERPT_CHARACTERS)) - FILE_REFERENCE_BYTES;
}
