import { closeSync, copyFileSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs';

const MAX_BYTES = 8 * 1024 * 1024;
const TAIL_BYTES = 4096;
const TAIL_LINES = 12;

/**
 * Bounds a log that other processes append to: what is there moves to `<file>.old`, and the writers, which all
 * append, go on at the beginning. Lines written during the copy may be lost.
 */
export function trimLog(file: string): void {
  try {
    if (statSync(file).size <= MAX_BYTES) return;
    copyFileSync(file, `${file}.old`);
    truncateSync(file);
  } catch {
    // Nothing to trim yet; or no room for the old lines, and the next round tries again.
  }
}

/** The last lines that were written after this offset, for a person who must see why something failed. */
export function logTail(file: string, sinceByte: number): string[] {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(descriptor);
    const from = Math.max(Math.min(sinceByte, size), size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - from);
    readSync(descriptor, buffer, 0, buffer.length, from);
    return buffer.toString('utf8').split('\n').filter(Boolean).slice(-TAIL_LINES);
  } finally {
    closeSync(descriptor);
  }
}

export function logSize(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
