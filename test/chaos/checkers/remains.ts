import type { Remains, Violation } from '../evidence.js';

/** What the row of a run may say when its newest execution has closed in that way. */
const FITTING_ROWS: Readonly<Record<string, readonly string[]>> = {
  COMPLETED: ['completed', 'cancelled'],
  FAILED: ['failed'],
  CANCELLED: ['cancelled'],
  // Whoever terminates a run that is closing comes too late: what it has to say is on its way.
  TERMINATED: ['cancelled', 'failed', 'completed'],
  TIMED_OUT: ['failed', 'cancelled'],
};

const ENDED = ['completed', 'failed', 'cancelled'];

/** I7: when all has come to an end nothing is left: no process, no lock, no row that disagrees with Temporal. */
export function checkRemains({ processes, locks, open, runs }: Remains): Violation[] {
  return [
    ...processes.map(({ pid, command }) => `process ${pid} is left: ${command}`),
    ...locks.map((path) => `${path} is still locked`),
    ...open.map((id) => `${id} is still open`),
    ...runs.flatMap(disagreement),
  ].map((what) => ({ invariant: 'I7', what, at: null }));
}

function disagreement({ run, row, executions }: Remains['runs'][number]): string[] {
  const [newest = null] = executions;
  if (row === null) return newest === 'COMPLETED' ? [`${run} completed and has no row`] : [];
  return fits(row, executions)
    ? []
    : [`${run}: its row says ${row}, Temporal ${newest ?? 'knows nothing of it'}`];
}

/** An execution that was refused at its beginning has failed and written nothing: the one before has the word. */
function fits(row: string, executions: readonly string[]): boolean {
  const [newest, ...before] = executions;
  if (newest === undefined || executions.includes('DELETED')) return ENDED.includes(row);
  if ((FITTING_ROWS[newest] ?? []).includes(row)) return true;
  return newest === 'FAILED' && before.length > 0 && fits(row, before);
}
