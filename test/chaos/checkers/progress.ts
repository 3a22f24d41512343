import {
  groupBy,
  type Fault,
  type Hold,
  type NodeRecord,
  type StartCall,
  type Violation,
} from '../evidence.js';

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

export interface Starts {
  readonly records: readonly NodeRecord[];
  readonly holds: readonly Hold[];
  readonly faults: readonly Fault[];
  readonly endedAt: number;
}

/** Of every run that was admitted, whatever its launcher was told. */
export function takeOversOf({ records, holds, faults, endedAt }: Starts): TakeOver[] {
  const entries = new Map<string, number>();
  for (const { run, at, kind } of records) {
    if (kind === 'enter' && !entries.has(run)) entries.set(run, at);
  }
  const ofStack = faults.filter(({ run }) => run === null);
  return [...groupBy(holds, ({ run }) => run)].flatMap(([run, ofRun]) => {
    const [first] = [...ofRun].sort((a, b) => a.from - b.from);
    if (first === undefined) return [];
    const stopped = faults.filter((fault) => fault.run === run && fault.from > first.from);
    const until = Math.min(endedAt, first.to ?? Infinity, ...stopped.map(({ from }) => from));
    const entered = entries.get(run);
    const isCutShort = entered === undefined || entered > until;
    const waitedMs = calmBetween(first.from, isCutShort ? until : entered, ofStack);
    return [{ run, path: first.path, waitedMs, isCutShort }];
  });
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

/** From the end of the hold before to the start of a run that had waited in the queue, in milliseconds. */
export function handOversOf(calls: readonly StartCall[], holds: readonly Hold[]): number[] {
  const queued = new Set(calls.flatMap(({ answer }) => (answer.kind === 'queued' ? [answer.run] : [])));
  return [...groupBy(holds, ({ path }) => path).values()].flatMap((ofPath) => {
    const inOrder = [...ofPath].sort((a, b) => a.from - b.from);
    return inOrder.flatMap(({ run, from }, index) => {
      const end = inOrder[index - 1]?.to ?? null;
      return queued.delete(run) && end !== null ? [from - end] : [];
    });
  });
}
