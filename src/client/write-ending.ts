import { endingWrite } from '../core/reconcile/ending-write.js';
import type { RunEnding } from '../core/reconcile/judge-run.js';
import type { Clock } from '../ports/clock.js';
import type { OpenRun, OpenRuns } from '../ports/open-runs.js';
import type { RunTable } from '../ports/run-table.js';
import { judgeOpenRun, type LooksAtExecutions } from './last-execution.js';

export interface EndingParts {
  readonly watch: LooksAtExecutions;
  readonly openRuns: Pick<OpenRuns, 'nextEpoch' | 'find'>;
  readonly table: Pick<RunTable, 'write'>;
  readonly clock: Clock;
}

/**
 * Writes the end of a run that is over, under an epoch of its own: that is taken before Temporal is asked once
 * more, so that an execution which comes back meanwhile has the last word.
 * @param phrase what is written of the end that Temporal tells; default: that
 * @returns what was written; null: the run is not over, or its row has moved on
 */
export async function writeEnding(
  { openRuns, watch, table, clock }: EndingParts,
  run: OpenRun,
  phrase: (ending: RunEnding) => RunEnding = (ending) => ending,
): Promise<RunEnding | null> {
  const epoch = await openRuns.nextEpoch();
  const [verdict, unchanged] = [await judgeOpenRun(watch, run), await openRuns.find(run.runId)];
  if (verdict.kind !== 'ended' || unchanged?.revision !== run.revision) return null;
  const ending = phrase(verdict.ending);
  const { row, event } = endingWrite(ending, unchanged.metadata, clock.now().toISOString());
  await table.write({ runId: run.runId, epoch, seq: event.seq, row, events: [event], results: [] });
  return ending;
}
