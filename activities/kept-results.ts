import type { RunId } from '../src/core/ids.js';
import { KEPT_BYTES, keptOutputsToMove, shortenedResults } from '../src/core/run/kept-results.js';
import type { KeptResult } from '../src/core/run/run-state.js';
import type { OutputStore } from '../src/ports/run-files.js';
import type { RunTable } from '../src/ports/run-table.js';
import { moveOutput } from './store-outputs.js';

export interface KeptResultsPorts {
  readonly table: Pick<RunTable, 'results'>;
  readonly outputs: OutputStore;
}

/** What earlier generations of a run have finished, small enough to travel: large outputs move to files. */
export async function keptResults(
  { table, outputs }: KeptResultsPorts,
  runId: RunId,
  artifactsDir: string,
): Promise<readonly KeptResult[]> {
  const kept = await table.results(runId);
  const moving = new Set(keptOutputsToMove(kept, KEPT_BYTES));
  const moved = kept.map(async (result) => {
    if (!moving.has(result.nodeId)) return result;
    return { ...result, output: await moveOutput(outputs, artifactsDir, result.output) };
  });
  return shortenedResults(await Promise.all(moved), KEPT_BYTES);
}
