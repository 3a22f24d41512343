import { groupBy, type NodeRecord, type RowChange, type Sighting, type Violation } from '../evidence.js';

/** The row's clock is the database's wall clock, brought to ours; nodes cut theirs to hundredths. */
const CLOCK_BLUR_MS = 40;

const ENDED = new Set(['completed', 'failed', 'cancelled']);

/** I4: once its row says that a run has ended no process of it lives, until the row says otherwise. */
export function checkEndedRuns(
  rows: readonly RowChange[],
  sightings: readonly Sighting[],
  records: readonly NodeRecord[],
): Violation[] {
  const seen = groupBy(sightings, ({ run }) => run);
  const written = groupBy(records, ({ run }) => run);
  return [...groupBy(rows, ({ run }) => run)].flatMap(([run, changes]) =>
    endsOf(changes).flatMap((end) => [
      ...(seen.get(run) ?? []).flatMap((one) =>
        one.to > end.from && one.from < end.to
          ? [lives(run, end, `pid ${one.pid} (${one.command})`, one.to)]
          : [],
      ),
      ...(written.get(run) ?? [])
        .filter(({ at }) => at > end.from && at < end.to)
        .slice(0, 1)
        .map((record) => lives(run, end, `session ${record.session}`, record.at)),
    ]),
  );
}

interface End {
  readonly status: string;
  readonly from: number;
  readonly to: number;
}

function endsOf(changes: readonly RowChange[]): End[] {
  const ends: End[] = [];
  let current: RowChange | null = null;
  for (const change of changes) {
    const isEnd = ENDED.has(change.status);
    if (current !== null && !isEnd) {
      ends.push({ status: current.status, from: current.at + CLOCK_BLUR_MS, to: change.at });
      current = null;
    } else if (isEnd) current ??= change;
  }
  if (current !== null) ends.push({ status: current.status, from: current.at + CLOCK_BLUR_MS, to: Infinity });
  return ends;
}

function lives(run: string, end: End, who: string, until: number): Violation {
  const late = Math.round(until - end.from + CLOCK_BLUR_MS);
  return {
    invariant: 'I4',
    what: `${run}: ${who} was alive ${late} ms after the row said ${end.status}`,
    at: until,
  };
}
