import type { Census, StartedCommand, Target, WalledPlace } from './census.js';
import type { Survivor } from './end-processes.js';
import { membersOf } from './occupants.js';
import {
  describeProcess,
  findLiving,
  listProcesses,
  pidNamespaceOf,
  readEnvironment,
  readProcess,
  sendSignal,
  ticksNow,
  type ProcEntry,
} from './proc.js';

/** Environment variables that every process of a run is born with. */
export const RUN_MARKER = 'SIGNALBOX_RUN_ID';
export const ATTEMPT_MARKER = 'SIGNALBOX_ATTEMPT';

/** @param ends what may follow the entry's text: with `/` it may be the beginning of a path */
function bears(environment: Buffer, entry: string, ends: string): boolean {
  const text = Buffer.from(entry);
  for (let at = environment.indexOf(text); at >= 0; at = environment.indexOf(text, at + 1)) {
    const next = String.fromCharCode(environment[at + text.length] ?? 0);
    if ((at === 0 || environment[at - 1] === 0) && ends.includes(next)) return true;
  }
  return false;
}

/** This process and those above it: never part of a run of ours, whatever markers they inherited. */
function shieldedPids(byPid: ReadonlyMap<number, ProcEntry>): Set<number> {
  const shielded = new Set<number>([process.pid]);
  for (let pid = process.ppid; pid > 0 && !shielded.has(pid); pid = byPid.get(pid)?.parentPid ?? 0) {
    shielded.add(pid);
  }
  return shielded;
}

/**
 * A session outlives its leader, and its number may one day be another's. It is still the command's when
 * the leader lives, or when a member lives that is as old as the leader's end: numbers in use are not reused.
 */
export function ownsSession(command: StartedCommand, members: readonly ProcEntry[]): boolean {
  return members.some((member) =>
    member.pid === command.pid
      ? member.startTicks === command.startTicks
      : command.endedTicks === null || member.startTicks <= command.endedTicks,
  );
}

function sessionsOf(target: Target, entries: readonly ProcEntry[]): Set<number> {
  const sessions = new Set<number>();
  for (const command of target.commands) {
    const members = entries.filter((entry) => entry.sessionId === command.pid);
    if (ownsSession(command, members)) sessions.add(command.pid);
  }
  return sessions;
}

function addDescendants(matched: Set<number>, candidates: readonly ProcEntry[]): void {
  let before = -1;
  while (before !== matched.size) {
    before = matched.size;
    for (const entry of candidates) if (matched.has(entry.parentPid)) matched.add(entry.pid);
  }
}

function toSurvivor(entry: ProcEntry, isGroupOurs: boolean): Survivor {
  const current = (): ProcEntry | null => {
    const found = readProcess(entry.pid);
    return found !== null && found.startTicks === entry.startTicks && found.isAlive ? found : null;
  };
  return {
    key: `${entry.pid}@${entry.startTicks}`,
    isAlive: () => current() !== null,
    signal(name) {
      const found = current();
      if (found === null) return;
      // To the group at once, for no fork escapes that.
      if (name === 'SIGKILL' && isGroupOurs && found.groupId === entry.groupId)
        sendSignal(-entry.groupId, name);
      sendSignal(entry.pid, name);
      if (found.isStopped) sendSignal(entry.pid, 'SIGCONT');
    },
    describe: () => describeProcess(entry),
  };
}

function oldestOf(target: Target): number {
  return target.isComplete ? Math.min(...target.commands.map((command) => command.startTicks ?? 0)) : 0;
}

/** Whether processes with this environment were born for the target. */
function isMarkedFor({ runId, attemptId, spared }: Target, environment: Buffer): boolean {
  if (!bears(environment, `${RUN_MARKER}=${runId}`, '\0')) return false;
  if (spared !== undefined && bears(environment, `${ATTEMPT_MARKER}=${spared}`, '\0/')) return false;
  return attemptId === null || bears(environment, `${ATTEMPT_MARKER}=${attemptId}`, '\0/');
}

/** What bears the target's markers, is in a session of its commands, or descends from either. */
function findMarked(
  target: Target,
  entries: readonly ProcEntry[],
  candidates: readonly ProcEntry[],
): Set<number> {
  const sessions = sessionsOf(target, entries);
  const matched = new Set<number>();
  for (const entry of candidates) {
    const environment = sessions.has(entry.sessionId) ? null : readEnvironment(entry.pid);
    const isMarked = environment !== null && isMarkedFor(target, environment);
    if (isMarked || sessions.has(entry.sessionId)) matched.add(entry.pid);
  }
  addDescendants(matched, candidates);
  return matched;
}

/** All that live behind the walls of the target, and its doors. */
function findWalled(
  { commands }: Target,
  { namespace, initPid }: WalledPlace,
  candidates: readonly ProcEntry[],
): Set<number> {
  const members = membersOf(candidates, namespace, initPid).map(({ pid }) => pid);
  const doors = candidates.filter((entry) =>
    commands.some(({ pid, startTicks }) => pid === entry.pid && startTicks === entry.startTicks),
  );
  return new Set([...members, ...doors.map(({ pid }) => pid)]);
}

/**
 * A door that has let its command in ends with it, and tells its status: it is only waited for. One that has
 * not yet let it in is ended, so that nothing enters.
 */
function doorSurvivor(
  door: StartedCommand,
  survivor: Survivor,
  hasChild: boolean,
): Survivor & { isDoor: true } {
  door.hasEntered ||= hasChild;
  const isWaiting = door.hasEntered;
  return {
    ...survivor,
    isDoor: true,
    signal(name) {
      if (!isWaiting || (name === 'SIGKILL' && !hasChild)) survivor.signal(name);
      else wakeDoor(door);
    },
  };
}

/** A door stops when its command is stopped, and would not see the end of it. */
export function wakeDoor({ pid, startTicks }: StartedCommand): void {
  const entry = findLiving({ pid, startTicks: startTicks ?? -1 });
  if (entry?.isStopped === true) sendSignal(pid, 'SIGCONT');
}

const isOpen = ({ pid, startTicks, endedTicks }: StartedCommand): boolean =>
  endedTicks === null || findLiving({ pid, startTicks: startTicks ?? -1 }) !== null;

/**
 * Whether nothing lives of an attempt whose doors have ended: then what is left of it is behind the walls, or in
 * namespaces made there, and of a machine's other processes none needs to be read.
 */
async function isOver(target: Target): Promise<boolean> {
  if (target.commands.some(isOpen)) return false;
  const here = pidNamespaceOf(process.pid);
  // Processes of others show theirs to root alone: to anybody else, finding that out takes longer than reading all.
  if (here === null || process.getuid?.() !== 0) return false;
  const entries = await listProcesses((pid) => pidNamespaceOf(pid) !== here);
  const oldest = oldestOf(target);
  const candidates = entries.filter(({ isAlive, startTicks }) => isAlive && startTicks >= oldest);
  return findMarked(target, entries, candidates).size === 0;
}

async function find(target: Target): Promise<readonly Survivor[]> {
  const { walls, commands } = target;
  const isWalledRun = walls !== null && target.attemptId === null;
  if (!isWalledRun && target.isComplete && commands.length === 0) return [];
  if (!isWalledRun && walls !== null && (await isOver(target))) return [];
  const entries = await listProcesses();
  const shielded = shieldedPids(new Map(entries.map((entry) => [entry.pid, entry])));
  const oldest = isWalledRun ? 0 : oldestOf(target);
  const candidates = entries.filter(
    (entry) => entry.isAlive && entry.startTicks >= oldest && !shielded.has(entry.pid),
  );
  const matched = isWalledRun
    ? findWalled(target, walls, candidates)
    : findMarked(target, entries, candidates);
  const parents = new Set(candidates.map(({ parentPid }) => parentPid));
  const foreignGroups = new Set(
    entries.filter((entry) => entry.isAlive && !matched.has(entry.pid)).map((entry) => entry.groupId),
  );
  const doors = new Map(commands.filter(({ isDoor }) => isDoor).map((command) => [command.pid, command]));
  const found = candidates
    .filter((entry) => matched.has(entry.pid))
    .map((entry) => {
      const survivor = toSurvivor(entry, entry.groupId > 1 && !foreignGroups.has(entry.groupId));
      const door = doors.get(entry.pid);
      return door === undefined ? survivor : doorSurvivor(door, survivor, parents.has(entry.pid));
    });
  // Doors last: one that is woken wakes its command, which must have been asked to end by then.
  return found.sort((a, b) => Number('isDoor' in a) - Number('isDoor' in b));
}

async function runIds(): Promise<ReadonlySet<string>> {
  const entries = await listProcesses();
  const shielded = shieldedPids(new Map(entries.map((entry) => [entry.pid, entry])));
  const found = new Set<string>();
  for (const { pid, isAlive } of entries) {
    const environment = isAlive && !shielded.has(pid) ? readEnvironment(pid) : null;
    const marked = /(?:^|\0)SIGNALBOX_RUN_ID=([^\0]*)\0/.exec(environment?.toString('latin1') ?? '');
    if (marked?.[1] !== undefined) found.add(marked[1]);
  }
  return found;
}

/**
 * Linux: a process belongs to a run when it was born with the run's marker, is in the session of a command
 * of the run, or descends from such a process. What drops its environment, its session and its parents is
 * not found: that takes a box of level 1 or 2.
 */
export function makeMarkerCensus(): Census {
  return { find, runIds, ticksNow };
}
