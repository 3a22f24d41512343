import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, linkSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { RunError } from '../../core/errors.js';
import { fullDisk } from './failure.js';
import { isSystemError } from './private-file.js';

/**
 * A lock that the kernel releases with its holder, on Linux and macOS alike, and that can be seen from inside a
 * container or a PID namespace, where pids say nothing.
 *
 * The holder keeps the reading end of a FIFO open; whoever opens the writing end without waiting gets ENXIO as soon
 * as there is no reader. Taking over a dead holder's lock must not race, so a lock is never removed and made again:
 * FIFOs are numbered, the highest counts.
 *
 * L1  A FIFO has its reader before it has its number, so it is never seen dead while its holder lives.
 * L2  The next number is taken with `link`, which fails if it exists: of all that saw the same dead holder one wins.
 * L3  The highest number is never removed. Who finds a higher one than its own, having looked at an old listing,
 *     withdraws; so there is one holder at a time.
 */
export interface LifeLock {
  /** The FIFO; `isHeld` of it tells whether this very holder lives. */
  readonly file: string;
  release(): void;
}

/** The lock, or null when someone alive holds it. */
export async function acquireLock(directory: string): Promise<LifeLock | null> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (;;) {
    const highest = highestNumber(directory);
    if (isHeld(lockFile(directory, highest))) return null;
    const taken = await tryNumber(directory, highest + 1);
    if (taken !== null) return taken;
  }
}

/** Whether the process that took this FIFO still lives and has not released it. */
export function isHeld(file: string): boolean {
  try {
    closeSync(openSync(file, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENXIO' || error.code === 'ENOENT')) return false;
    throw error;
  }
}

/** The FIFO of whoever holds the lock now; null when nobody does. */
export function currentHolder(directory: string): string | null {
  const file = lockFile(directory, highestNumber(directory));
  return isHeld(file) ? file : null;
}

async function tryNumber(directory: string, number: number): Promise<LifeLock | null> {
  const draft = join(directory, `draft.${randomUUID()}`);
  await makeFifo(draft);
  const descriptor = openSync(draft, constants.O_RDONLY | constants.O_NONBLOCK);
  const file = lockFile(directory, number);
  const won = link(draft, file);
  rmSync(draft, { force: true });
  if (won && highestNumber(directory) === number) {
    removeBelow(directory, number);
    return { file, release: once(() => closeSync(descriptor)) };
  }
  if (won) rmSync(file, { force: true });
  closeSync(descriptor);
  return null;
}

async function makeFifo(file: string): Promise<void> {
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', file]);
  } catch (cause) {
    const directory = dirname(file);
    const message = `No FIFO can be made in ${directory}: ${(cause as { stderr?: string }).stderr?.trim() || String(cause)}. Name a directory on a local disk in SIGNALBOX_HOME.`;
    throw fullDisk(directory) ?? new RunError('STACK_DIRECTORY_UNUSABLE', message, { directory }, { cause });
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}

function highestNumber(directory: string): number {
  return Math.max(0, ...lockNumbers(directory));
}

function removeBelow(directory: string, number: number): void {
  for (const old of lockNumbers(directory)) {
    if (old < number) rmSync(lockFile(directory, old), { force: true });
  }
}

function lockNumbers(directory: string): number[] {
  try {
    return readdirSync(directory).flatMap((name) => /^lock\.(\d+)$/.exec(name)?.slice(1).map(Number) ?? []);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return [];
    throw error;
  }
}

function lockFile(directory: string, number: number): string {
  return join(directory, `lock.${number}`);
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
