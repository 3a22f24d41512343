import { setTimeout as wait } from 'node:timers/promises';
import { RunError } from '../../core/errors.js';
import type { ProcessInfo } from '../../ports/box.js';

/** Something that lives and can be told to end: a process or, where the system shows no more, a group of them. */
export interface Survivor {
  /** Tells it from all others that ever lived. */
  readonly key: string;
  isAlive(): boolean;
  /** Does nothing when it is gone, or not ours to signal. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  describe(): ProcessInfo;
}

export interface EndingLimits {
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** From SIGKILL to giving up. */
  readonly killLimitMs: number;
}

const FIRST_LOOK_MS = 1;
const LAST_LOOK_MS = 10;
/** What is killed is looked for anew this often: it may have forked while the signal was under way. */
const KILL_ROUND_MS = 20;
/**
 * A process that forked and ended during a search is found by the next, in its child. Of a chain of such
 * processes a search may see none all the same, and on a busy machine two in a row did.
 */
const QUIET_SEARCHES = 3;

async function waitUntilGone(survivors: readonly Survivor[], deadline: number): Promise<void> {
  let pause = FIRST_LOOK_MS;
  let left = survivors.filter((survivor) => survivor.isAlive());
  while (left.length > 0 && performance.now() < deadline) {
    await wait(Math.min(pause, Math.max(1, deadline - performance.now())));
    pause = Math.min(pause * 2, LAST_LOOK_MS);
    left = left.filter((survivor) => survivor.isAlive());
  }
}

function stillOccupied(survivors: readonly Survivor[], killLimitMs: number): RunError {
  const processes = survivors.map((survivor) => survivor.describe());
  const names = processes.map(({ pid, user, command }) => `${pid} (${user}) ${command}`).join('; ');
  return new RunError(
    'PATH_STILL_OCCUPIED',
    `still alive ${killLimitMs} ms after SIGKILL: ${names}. End them by hand, then try again`,
    { processes },
  );
}

/**
 * Ends all that `search` finds: SIGTERM once to each, SIGKILL when the grace is over, until several
 * searches in a row find nothing.
 * A process that starts during the grace is spared until those before it are gone: it may be cleaning up.
 * @throws RunError `PATH_STILL_OCCUPIED` naming what would not die
 */
export async function endProcesses(
  search: () => Promise<readonly Survivor[]>,
  { graceMs, killLimitMs }: EndingLimits,
): Promise<void> {
  const graceEnds = performance.now() + graceMs;
  const limit = graceEnds + killLimitMs;
  const asked = new Set<string>();
  for (let emptySearches = 0; emptySearches < QUIET_SEARCHES;) {
    const survivors = await search();
    emptySearches = survivors.length === 0 ? emptySearches + 1 : 0;
    const now = performance.now();
    if (survivors.length > 0 && now >= limit) throw stillOccupied(survivors, killLimitMs);
    const isPolite = now < graceEnds;
    for (const survivor of survivors) {
      if (!isPolite) survivor.signal('SIGKILL');
      else if (!asked.has(survivor.key)) survivor.signal('SIGTERM');
      asked.add(survivor.key);
    }
    await waitUntilGone(survivors, isPolite ? graceEnds : Math.min(limit, now + KILL_ROUND_MS));
  }
}

/** Whether something settles in time. */
export async function settlesWithin(settling: Promise<unknown>, limitMs: number): Promise<boolean> {
  const calledOff = new AbortController();
  const late = wait(limitMs, false, { signal: calledOff.signal }).catch(() => false);
  const isInTime = await Promise.race([settling.then(() => true), late]);
  calledOff.abort();
  return isInTime;
}
