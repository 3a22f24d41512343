import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { identityOf, type ProcessIdentity } from './process-identity.js';

/** Every process whose arguments hold this sequence, for those that died unrecorded. */
export function findByArguments(sequence: readonly string[]): ProcessIdentity[] {
  const found = process.platform === 'linux' ? searchProc(sequence) : searchPs(sequence);
  return found.flatMap((pid) => identityOf(pid) ?? []);
}

/** Every process of this program that works in this directory. Known on Linux only; elsewhere empty. */
export function findByDirectory(program: string, directory: string): ProcessIdentity[] {
  if (process.platform !== 'linux') return [];
  return allPids()
    .filter((pid) => attempt(() => readlinkSync(`/proc/${pid}/cwd`)) === directory)
    .filter((pid) => attempt(() => basename(readlinkSync(`/proc/${pid}/exe`)))?.startsWith(program) === true)
    .flatMap((pid) => identityOf(pid) ?? []);
}

function searchProc(sequence: readonly string[]): number[] {
  // Arguments are NUL-terminated, and no argument can hold a NUL: a match cannot be part of one.
  const needle = `\0${sequence.join('\0')}\0`;
  return allPids().filter(
    (pid) => attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.includes(needle) === true,
  );
}

function searchPs(sequence: readonly string[]): number[] {
  const listing = attempt(() =>
    execFileSync('/bin/ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 1 << 26 }),
  );
  return (listing ?? '')
    .split('\n')
    .filter((line) => `${line} `.includes(` ${sequence.join(' ')} `))
    .map((line) => Number.parseInt(line, 10));
}

function allPids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0);
}

/** A process may end, or be someone else's, while it is looked at. */
function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
