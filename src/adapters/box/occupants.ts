import { parseInitWords, type InitWords } from '../../core/lease/init-words.js';
import type { ProcessInfo } from '../../ports/box.js';
import {
  describeProcess,
  findLiving,
  listProcesses,
  pidNamespaceOf,
  readCommandLine,
  sendSignal,
  type ProcEntry,
  type ProcessIdentity,
} from './proc.js';

/** The INIT of somebody's box, found by its command line. */
export interface Holder extends ProcessIdentity {
  readonly words: InitWords;
}

/** Who holds the lock on a place; null: nobody, or nobody that can be read. @param lockedPlace `device:inode` */
export async function findHolder(lockedPlace: string): Promise<Holder | null> {
  for (const { pid, startTicks, isAlive } of await listProcesses()) {
    const words = isAlive ? parseInitWords(readCommandLine(pid)) : null;
    if (words?.lockedPlace === lockedPlace) return { pid, startTicks, words };
  }
  return null;
}

/** Whether this user may end a process. One that is gone may be ended by anybody. */
export function isOursToEnd(init: ProcessIdentity | null): boolean {
  if (init === null || findLiving(init) === null) return true;
  try {
    process.kill(init.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}

/**
 * Kills the INIT of a box, the supervisor that holds the lock with it, and its doors: one that is stopped would
 * not see its command end, and the kernel ends no namespace before that.
 */
export async function killInit(init: ProcessIdentity): Promise<void> {
  const entries = await listProcesses();
  const entry = findLiving(init);
  if (entry === null) return;
  const namespace = pidNamespaceOf(init.pid);
  const isWalled = namespace !== null && namespace !== pidNamespaceOf(process.pid);
  const inside = isWalled ? entries.filter(({ pid }) => pidNamespaceOf(pid) === namespace) : [entry];
  const numbers = new Set(inside.map(({ pid }) => pid));
  // Of whoever is inside, the supervisor is INIT's parent, and doors are the others' that stand outside.
  const above = isWalled ? inside.map(({ parentPid }) => parentPid).filter((pid) => !numbers.has(pid)) : [];
  for (const pid of [init.pid, ...above]) if (pid > 1) sendSignal(pid, 'SIGKILL');
}

/** Living processes of a PID namespace, its INIT apart. */
export function membersOf(
  entries: readonly ProcEntry[],
  namespace: string,
  initPid: number,
): readonly ProcEntry[] {
  return entries.filter(
    ({ pid, isAlive }) => isAlive && pid !== initPid && pidNamespaceOf(pid) === namespace,
  );
}

/** What lives in a box, for people: its INIT and, behind walls, what is in there with it. */
export async function occupantsOf(init: ProcessIdentity): Promise<readonly ProcessInfo[]> {
  const entry = findLiving(init);
  if (entry === null) return [];
  const namespace = pidNamespaceOf(init.pid);
  const isWalled = namespace !== null && namespace !== pidNamespaceOf(process.pid);
  const members = isWalled ? membersOf(await listProcesses(), namespace, init.pid) : [];
  return [...members, entry].map(describeProcess);
}
