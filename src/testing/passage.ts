import { parseDuration } from '../core/duration.js';
import { RunError } from '../core/errors.js';

/** How much time passes: milliseconds, or words such as `7 days`, `90 minutes`, `1 day and 2 hours`, `1h30m`. */
export type Passage = number | string;

/** Longer than any workflow waits, and short enough that a date can still be told. */
const LONGEST_MS = 100 * 365 * 86_400_000;

const UNITS: readonly (readonly [unit: string, words: RegExp])[] = [
  ['ms', /^(?:milliseconds?|ms)$/],
  ['s', /^(?:seconds?|secs?|s)$/],
  ['m', /^(?:minutes?|mins?|m)$/],
  ['h', /^(?:hours?|h)$/],
  ['d', /^(?:days?|d)$/],
];

/** @returns whole milliseconds @throws RunError `USAGE` */
export function readPassage(passage: Passage): number {
  const ms = typeof passage === 'number' ? passage : parseDuration(inShort(passage));
  if (ms !== null && Number.isFinite(ms) && ms >= 0 && ms <= LONGEST_MS) return Math.round(ms);
  throw new RunError(
    'USAGE',
    `${JSON.stringify(passage)} is no length of time; write it like '7 days', '90 minutes', '1h30m', or in milliseconds`,
  );
}

/** `1 day and 2 hours` as `1d2h`; words that it does not know stay. */
function inShort(text: string): string {
  const short = text.toLowerCase().replaceAll(/(\d)\s*([a-z]+)/g, (_all, digit: string, word: string) => {
    const unit = UNITS.find(([, words]) => words.test(word))?.[0];
    return digit + (unit ?? ` ${word}`);
  });
  return short.replaceAll(/(?<=[a-z])(?:\s*,?\s*\band\b\s*|[\s,]+)(?=\d)/g, '');
}
