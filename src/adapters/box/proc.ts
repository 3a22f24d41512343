import { closeSync, openSync, readFileSync, readlinkSync, readSync, readdirSync, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** One process as `/proc/PID/stat` shows it. Pids are reused; pid and `startTicks` together are not. */
export interface ProcEntry {
  readonly pid: number;
  readonly name: string;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** Hundredths of a second from boot to start. */
  readonly startTicks: number;
  /** False for a zombie: nothing of it runs any more. */
  readonly isAlive: boolean;
  /** Held by SIGSTOP or a tracer: signals but SIGKILL and SIGCONT wait. */
  readonly isStopped: boolean;
}

const STAT_BYTES = 2048;
const PIDS_PER_TURN = 128;
/** `USER_HZ`, which Linux fixes at 100 on every machine that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Whether this system shows its processes the way we read them. */
export function hasProc(): boolean {
  try {
    readFileSync('/proc/self/environ');
    return readProcess(process.pid) !== null;
  } catch {
    return false;
  }
}

/** @returns null when the line is none of `/proc/PID/stat` */
export function parseStat(line: string): ProcEntry | null {
  // The name may hold blanks and parentheses itself: it ends at the last one.
  const opening = line.indexOf('(');
  const closing = line.lastIndexOf(')');
  if (opening < 0 || closing < opening) return null;
  const fields = line.slice(closing + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const state = fields[0] ?? '';
  const startTicks = field(22);
  if (!Number.isFinite(startTicks)) return null;
  // The first thread may be a zombie while others of its process go on.
  const isZombie = 'ZXx'.includes(state) && field(20) <= 1;
  return {
    pid: Number(line.slice(0, opening)),
    name: line.slice(opening + 1, closing),
    parentPid: field(4),
    groupId: field(5),
    sessionId: field(6),
    startTicks,
    isAlive: !isZombie,
    isStopped: state === 'T' || state === 't',
  };
}

function readStart(path: string, bytes: number): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(bytes);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, bytes, null));
  } finally {
    closeSync(file);
  }
}

const GONE = ['ENOENT', 'ESRCH'];
const NOT_OURS = ['EACCES', 'EPERM'];

/** A failure that means neither, such as too many open files, is no proof that nothing lives. */
function nullOn<Result>(codes: readonly string[], read: () => Result): Result | null {
  try {
    return read();
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** @returns null when there is no such process */
export function readProcess(pid: number): ProcEntry | null {
  return nullOn(GONE, () => parseStat(readStart(`/proc/${pid}/stat`, STAT_BYTES)));
}

/** All processes, or those that are wanted, in one pass; gives way to other work in between. */
export async function listProcesses(isWanted?: (pid: number) => boolean): Promise<ProcEntry[]> {
  const entries: ProcEntry[] = [];
  let seen = 0;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const entry = isWanted?.(pid) === false ? null : readProcess(pid);
    if (entry !== null) entries.push(entry);
    seen += 1;
    if (seen % PIDS_PER_TURN === 0) await setImmediate();
  }
  return entries;
}

/** The environment that a process was started with, `NAME=value` each ended by NUL; null: gone, or not ours to read. */
export function readEnvironment(pid: number): Buffer | null {
  return nullOn([...GONE, ...NOT_OURS], () => readFileSync(`/proc/${pid}/environ`));
}

/** Now, in the unit of `startTicks`. */
export function ticksNow(): number {
  return Math.ceil(Number.parseFloat(readStart('/proc/uptime', 64)) * TICKS_PER_SECOND);
}

/** @param pid negative: a whole group */
export function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone, or another user's: the next look tells which.
  }
}

const COMMAND_CHARACTERS = 200;

/** Who runs what, for people. */
export function describeProcess(entry: ProcEntry): { pid: number; user: string; command: string } {
  const attempt = (read: () => string): string => {
    try {
      return read();
    } catch {
      return '';
    }
  };
  const words = attempt(() => readFileSync(`/proc/${entry.pid}/cmdline`, 'utf8'));
  const command = words.replaceAll('\0', ' ').trim().slice(0, COMMAND_CHARACTERS);
  const uid = attempt(() => String(statSync(`/proc/${entry.pid}`).uid));
  const account = attempt(() => readFileSync('/etc/passwd', 'utf8'))
    .split('\n')
    .find((line) => line.split(':')[2] === uid);
  return {
    pid: entry.pid,
    user: account?.split(':')[0] ?? uid,
    command: command === '' ? `[${entry.name}]` : command,
  };
}

/** The words of a command line, each ended by NUL; empty: gone, or on its way. */
export function readCommandLine(pid: number): string {
  return nullOn([...GONE, ...NOT_OURS], () => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
}

/** Names the PID namespace that a process lives in; null: gone, or not ours to see. */
export function pidNamespaceOf(pid: number): string | null {
  return nullOn([...GONE, ...NOT_OURS], () => readlinkSync(`/proc/${pid}/ns/pid`));
}

/** Children of a process of one thread; null: it is gone, or this kernel does not list them. */
export function childrenOf(pid: number): readonly number[] | null {
  const text = nullOn(GONE, () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
  return text?.split(' ').filter(Boolean).map(Number) ?? null;
}

/** One process among all that ever lived since the machine started. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

/** @returns null: it is gone, or a zombie */
export function findLiving({ pid, startTicks }: ProcessIdentity): ProcEntry | null {
  const entry = readProcess(pid);
  return entry !== null && entry.isAlive && entry.startTicks === startTicks ? entry : null;
}

/** Names this boot of the machine. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
