import type { Remains, Violation } from '../evidence.js';

/** What the row of a run may say when its newest execution has closed in that way. */
const FITTING_ROWS: Readonly<Record<string, readonly string[]>> = {
  COMPLETED: ['completed', 'cancelled'],
  FAILED: ['failed'],
  CANCELLED: ['cancelled'],
  TERMINATED: ['cancelled', 'failed'],
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

function disagreement({ run, row, execution }: Remains['runs'][number]): string[] {
  if (row === null) return execution === 'COMPLETED' ? [`${run} completed and has no row`] : [];
  const fitting = execution === null ? ENDED : (FITTING_ROWS[execution] ?? []);
  return fitting.includes(row)
    ? []
    : [`${run}: its row says ${row}, Temporal ${execution ?? 'knows nothing of it'}`];
}
