import type { Fault, Hold, NodeRecord, StartCall, Violation } from '../evidence.js';

/** How long each admitted run waited for its first node, counting only time in which nothing was broken. */
export interface TakeOver {
  readonly run: string;
  readonly path: string;
  readonly waitedMs: number;
  /** It ended, or the test did, before its first node began. */
  readonly isCutShort: boolean;
}

/**
 * I6: a run that has been admitted begins its first node within `boundMs`. The clock stands still while a
 * fault is at work; so this is also the time from a worker's restart to the first node of whoever waited.
 */
export function checkProgress(takeOvers: readonly TakeOver[], boundMs: number): Violation[] {
  return takeOvers
    .filter(({ waitedMs }) => waitedMs > boundMs)
    .map(({ run, path, waitedMs, isCutShort }) => ({
      invariant: 'I6',
      what: `${path}: the first node of ${run} ${isCutShort ? 'had not begun' : 'began'} ${Math.round(waitedMs)} ms after its start, with nothing in its way; the bound is ${boundMs} ms`,
      at: null,
    }));
}

export function takeOversOf({
  calls,
  records,
  holds,
  faults,
  endedAt,
}: {
  readonly calls: readonly StartCall[];
  readonly records: readonly NodeRecord[];
  readonly holds: readonly Hold[];
  readonly faults: readonly Fault[];
  readonly endedAt: number;
}): TakeOver[] {
  const firstEntries = new Map<string, number>();
  for (const { run, at, kind } of records) {
    if (kind === 'enter' && !firstEntries.has(run)) firstEntries.set(run, at);
  }
  return calls.flatMap(({ answer, answeredAt, path }) => {
    if (answer.kind !== 'started') return [];
    const entered = firstEntries.get(answer.run);
    const until = entered ?? firstEnd(answer.run, { holds, faults, endedAt });
    const inItsWay = faults.filter(({ run }) => run === null);
    return [
      {
        run: answer.run,
        path,
        waitedMs: calmBetween(answeredAt, until, inItsWay),
        isCutShort: entered === undefined,
      },
    ];
  });
}

function firstEnd(
  run: string,
  {
    holds,
    faults,
    endedAt,
  }: { readonly holds: readonly Hold[]; readonly faults: readonly Fault[]; readonly endedAt: number },
): number {
  const ends = holds.filter((hold) => hold.run === run).map(({ to }) => to ?? Infinity);
  const stopped = faults.filter((fault) => fault.run === run).map(({ from }) => from);
  return Math.min(endedAt, ...ends, ...stopped);
}

/** Milliseconds between two instants in which none of the faults was at work. */
function calmBetween(from: number, to: number, faults: readonly Fault[]): number {
  let calm = 0;
  let reached = from;
  for (const fault of [...faults].sort((a, b) => a.from - b.from)) {
    if (fault.from >= to) break;
    calm += Math.max(0, fault.from - reached);
    reached = Math.max(reached, fault.to);
  }
  return calm + Math.max(0, to - reached);
}
