import { groupBy, type NodeRecord, type Sighting, type Violation } from '../evidence.js';

/** Bash reads the clock from `/proc/uptime`, which is cut to hundredths; a sample may fall in between. */
const CLOCK_BLUR_MS = 20;

/**
 * I1: no two runs are at work on one path at once. Three kinds of sign, none of which needs the others:
 * sessions of different owners overlap in the log; an owner comes back after another; a canary is found
 * whose owner lives on.
 */
export function checkExclusion(
  records: readonly NodeRecord[],
  sightings: readonly Sighting[],
  revived: ReadonlySet<string>,
): Violation[] {
  const ofPaths = [...groupBy(records, (record) => record.path).values()];
  return ofPaths.flatMap((log) => [
    ...overlappingSessions(log),
    ...returningOwners(log, revived),
    ...livingCanaries(log, sightings),
  ]);
}

/** Who may be at work: a run, and of a run one execution generation at a time. */
export const ownerOf = ({ run, token }: Pick<NodeRecord, 'run' | 'token'>): string =>
  token === undefined ? run : `${run}/${token}`;

interface Session {
  readonly owner: string;
  readonly path: string;
  readonly first: number;
  readonly last: number;
  readonly at: number;
}

function sessionsOf(log: readonly NodeRecord[]): Session[] {
  const sessions = new Map<string, Session>();
  log.forEach((record, index) => {
    const { session, path, at } = record;
    const known = sessions.get(session) ?? { owner: ownerOf(record), path, first: index, last: index, at };
    sessions.set(session, { ...known, last: index });
  });
  return [...sessions.values()];
}

/** The log is appended to by both, so its order is the order of events, whatever clocks say. */
function overlappingSessions(log: readonly NodeRecord[]): Violation[] {
  const violations = new Map<string, Violation>();
  let open: Session[] = [];
  for (const session of sessionsOf(log)) {
    open = open.filter(({ last }) => last > session.first);
    for (const other of open.filter(({ owner }) => owner !== session.owner)) {
      const what = `${session.path}: ${session.owner} is at work while ${other.owner} still is`;
      if (!violations.has(what)) violations.set(what, { invariant: 'I1', what, at: session.at });
    }
    open.push(session);
  }
  return [...violations.values()];
}

/** What daemons of an earlier owner write is the other rule's; this one looks at who begins a node. */
function returningOwners(log: readonly NodeRecord[], revived: ReadonlySet<string>): Violation[] {
  const gone = new Set<string>();
  const violations: Violation[] = [];
  let current: NodeRecord | null = null;
  for (const record of log.filter(({ kind }) => kind === 'enter')) {
    const owner = ownerOf(record);
    if (current !== null && ownerOf(current) !== owner) gone.add(ownerOf(current));
    if (current !== null && gone.has(owner) && !(record.token === undefined && revived.has(record.run))) {
      gone.delete(owner);
      const what = `${record.path}: ${owner} is at work again after ${ownerOf(current)}`;
      violations.push({ invariant: 'I1', what, at: record.at });
    }
    current = record;
  }
  return violations;
}

/** A process of the canary's owner was there before and after: one that began later is a run that came back. */
function livingCanaries(log: readonly NodeRecord[], sightings: readonly Sighting[]): Violation[] {
  const ofRuns = groupBy(sightings, ({ run }) => run);
  return log.flatMap(({ kind, other, run, path, at }) => {
    if (kind !== 'collision' || other === undefined || other === run) return [];
    const livesOn = ofRuns.get(other)?.some(({ from, to }) => from < at && to > at + CLOCK_BLUR_MS);
    if (livesOn !== true) return [];
    const what = `${path}: ${run} met the canary of ${other}, processes of which lived on`;
    return [{ invariant: 'I1', what, at } satisfies Violation];
  });
}
