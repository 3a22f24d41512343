import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Pids of living processes that were born with all of these environment entries (`NAME=value`); Linux. */
export function bornWith(...entries: readonly string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        return entries.every((entry) => environment.includes(entry));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Whether a process runs: neither gone nor a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^Z/.test(execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim());
  } catch {
    return false;
  }
}

const mayFail = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};

/** The PID 1 of a run's box, by its number on the host; null: it has none that lives. */
export function initOf(runId: string): number | null {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => {
      const words = mayFail(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
      return words[5] === 'signalbox-box' && words.includes(runId);
    });
  return found === undefined ? null : Number(found);
}

/** The number on the host of a process that calls itself by another inside of a run's box. */
export function hostPid(runId: string, pidInside: number): number {
  const init = initOf(runId);
  const namespace = mayFail(() => readlinkSync(`/proc/${init}/ns/pid`));
  if (init === null || namespace === readlinkSync('/proc/self/ns/pid')) return pidInside;
  const found = readdirSync('/proc').find((pid) => {
    const numbers = /^NSpid:(.*)$/m.exec(mayFail(() => readFileSync(`/proc/${pid}/status`, 'utf8')))?.[1];
    const isInside = numbers?.trim().split(/\s+/).at(-1) === String(pidInside);
    return isInside && mayFail(() => readlinkSync(`/proc/${pid}/ns/pid`)) === namespace;
  });
  return Number(found ?? 0);
}
