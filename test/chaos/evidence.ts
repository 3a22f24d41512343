/**
 * What a chaos run leaves to be judged: logs that were only ever appended to, in the words of the witnesses.
 * Every instant is in milliseconds of CLOCK_MONOTONIC, whoever read it.
 */

/** A line that a node, or a process that it left behind, wrote beside its working path. */
export interface NodeRecord {
  readonly path: string;
  readonly at: number;
  /**
   * enter      the node's first statement
   * collision  it found the canary of another run, `other`, and has replaced it
   * sign       it, or a process that it left behind, lives
   * exit       the node's last statement
   */
  readonly kind: 'enter' | 'collision' | 'sign' | 'exit';
  readonly run: string;
  /** One per attempt of a node; its daemons write under it too. */
  readonly session: string;
  /** Execution generation and fence number of the box, where the node can see them. */
  readonly token?: string;
  readonly fence?: number;
  readonly other?: string;
}

/** A process that carried a run's marker, as the sampler of `/proc` saw it: first and last sample. */
export interface Sighting {
  readonly run: string;
  readonly pid: number;
  readonly from: number;
  readonly to: number;
  readonly command: string;
}

/** One call of a launcher. `unanswered`: an error that does not say whether a run began. */
export interface StartCall {
  readonly path: string;
  readonly calledAt: number;
  readonly answeredAt: number;
  readonly answer:
    | { readonly kind: 'started'; readonly run: string }
    /** Refused, or attached to a run that was there. */
    | { readonly kind: 'busy'; readonly holder: string | null }
    | { readonly kind: 'queued'; readonly run: string }
    | { readonly kind: 'unanswered'; readonly code: string };
}

/** How long a run held its path, as whoever admits runs recorded it. */
export interface Hold {
  readonly path: string;
  readonly run: string;
  readonly from: number;
  /** Null: it still does. */
  readonly to: number | null;
  /** How it ended, in the words of whoever admits runs. */
  readonly ended?: string;
  /** Where the end is not recorded: it lay between `to` and this. */
  readonly toAtLatest?: number;
}

/** A row as a write left it, in the order of the writes. */
export interface RowChange {
  readonly run: string;
  readonly at: number;
  readonly status: string;
}

/** How far a run's mirror had come after a write, in the order of the writes. */
export interface MirrorMark {
  readonly run: string;
  readonly epoch: bigint;
  readonly seq: bigint;
}

/** An owner record of a box, each time it was seen changed, in that order. */
export interface OwnerSeen {
  readonly path: string;
  readonly at: number;
  readonly run: string;
  readonly token: string;
  readonly fence: number;
}

/** Something that was done to the stack or to a run. */
export interface Fault {
  readonly kind: string;
  readonly from: number;
  /** When everything that it broke served again. */
  readonly to: number;
  /** The run that it was meant for; null: the stack. */
  readonly run: string | null;
  readonly path: string | null;
}

/** A commit of a node, in the order of the history. */
export interface Commit {
  readonly path: string;
  readonly run: string;
  readonly session: string;
}

/** What is left once all runs have been brought to an end. */
export interface Remains {
  readonly processes: readonly { readonly pid: number; readonly command: string }[];
  /** Locks that somebody still holds on a working path. */
  readonly locks: readonly string[];
  /** IDs of Temporal workflows of ours that are still open. */
  readonly open: readonly string[];
  readonly runs: readonly {
    readonly run: string;
    /** Null: there is no row. */
    readonly row: string | null;
    /** Temporal's words for its executions, newest first, and `DELETED` for one that it was made to forget. */
    readonly executions: readonly string[];
  }[];
}

export interface Evidence {
  readonly records: readonly NodeRecord[];
  readonly sightings: readonly Sighting[];
  readonly calls: readonly StartCall[];
  readonly holds: readonly Hold[];
  readonly rows: readonly RowChange[];
  readonly marks: readonly MirrorMark[];
  readonly owners: readonly OwnerSeen[];
  readonly faults: readonly Fault[];
  readonly commits: readonly Commit[];
  readonly remains: Remains;
  /** Runs that may have come back after another run had held their path: by a reset, or resumed. */
  readonly revived: ReadonlySet<string>;
  readonly endedAt: number;
}

export const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8'] as const;

/** One way in which the promise was broken. */
export interface Violation {
  readonly invariant: (typeof INVARIANTS)[number];
  readonly what: string;
  /** Null: at no instant in particular. */
  readonly at: number | null;
}

/** Values by a key, in their order. */
export function groupBy<Value>(
  values: readonly Value[],
  keyOf: (value: Value) => string,
): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}
