import { readFile, stat } from 'node:fs/promises';
import type { RunEnd } from '../../client/orchestrator.js';

/** Larger results are not taken into memory: their beginning is shown. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * A run's end with its whole result, where the run kept a large one in a file that can be read here; then
 * `isWhole`.
 */
export async function withWholeOutput(end: RunEnd): Promise<RunEnd & { readonly isWhole: boolean }> {
  if (end.outputPath === null) return { ...end, isWhole: true };
  try {
    if ((await stat(end.outputPath)).size > MOST_BYTES) return { ...end, isWhole: false };
    return { ...end, output: await readFile(end.outputPath, 'utf8'), isWhole: true };
  } catch {
    return { ...end, isWhole: false };
  }
}
