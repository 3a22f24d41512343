import type { NodeId } from '../ids.js';
import { jsonBytes, outputsToMove, SHORTER_EXCERPTS, withShortExcerpt } from './output-size.js';
import type { KeptResult } from './run-state.js';

/** As much as all results together may take when they are handed to a resumed run. */
export const KEPT_BYTES = 512 * 1024;

/** Results whose outputs must move to files before all fit, the largest first. Empty: they fit, or nothing more can move. */
export function keptOutputsToMove(kept: readonly KeptResult[], limitBytes: number): readonly NodeId[] {
  return outputsToMove(kept, jsonBytes(kept) - limitBytes);
}

/** The results with excerpts of texts in files as short as the limit asks: for a run of very many nodes. */
export function shortenedResults(kept: readonly KeptResult[], limitBytes: number): readonly KeptResult[] {
  let current = kept;
  for (const characters of SHORTER_EXCERPTS) {
    if (jsonBytes(current) <= limitBytes) break;
    current = kept.map((result) => ({ ...result, output: withShortExcerpt(result.output, characters) }));
  }
  return current;
}
