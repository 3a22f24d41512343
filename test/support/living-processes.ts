import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

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
