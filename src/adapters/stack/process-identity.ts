import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { readIfThere } from './private-file.js';

/**
 * One process, for ever: a pid alone may belong to someone else tomorrow.
 * `startedAt` is the system's own text for when it began; `realm` names the boot and, on Linux, the PID
 * namespace in which the pid means anything.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
  readonly realm: string;
}

/** The identity of a living process; null when there is none with this pid, or only its zombie. */
export function identityOf(pid: number): ProcessIdentity | null {
  const startedAt = process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
  return startedAt === null ? null : { pid, startedAt, realm: currentRealm() };
}

/** Whether this very process still lives. A process of another realm counts as gone. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now !== null && now.startedAt === identity.startedAt && now.realm === identity.realm;
}

/** Sends a signal to this very process, never to a successor of its pid. False when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Where pids are counted: the boot, and on Linux the PID namespace. */
export function currentRealm(): string {
  if (process.platform !== 'linux') return run('sysctl', ['-n', 'kern.bootsessionuuid']).trim();
  const boot = readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
}

function startFromProc(pid: number): string | null {
  let stat: string | null;
  try {
    stat = readIfThere(`/proc/${pid}/stat`);
  } catch {
    return null; // a process that ends while it is read answers ESRCH
  }
  // The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state, threads, startTicks] = [fields[0], fields[17], fields[19]];
  // A first thread that is a zombie waits for the others, which still hold its files and locks.
  const isOver = state === undefined || state === 'X' || (state === 'Z' && Number(threads) <= 1);
  return isOver ? null : (startTicks ?? null);
}

function startFromPs(pid: number): string | null {
  const line = run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).trim();
  const [state, ...start] = line.split(/\s+/);
  return state === undefined || state === '' || state.startsWith('Z') ? null : start.join(' ');
}

function run(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      env: { PATH: '/bin:/usr/bin:/sbin:/usr/sbin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
