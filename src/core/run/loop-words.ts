import type { Level } from './level.js';
import { resultOf } from './outcome.js';

/** Variables of the language that belong to loops, by name without `$`. */
export type LoopWords = Readonly<Record<'LOOP_USER_INPUT', string>>;

/** What a person wrote before this iteration: at the gate of the nearest loop around that asks people. */
export function loopWords({ within }: Level): LoopWords {
  if (within === null) return { LOOP_USER_INPUT: '' };
  const { level, group, loop } = within;
  return group.rules.isInteractive ? { LOOP_USER_INPUT: loop.userInput } : loopWords(level);
}

/** What the iteration before gave out; of a text in a file the beginning. Empty in a first iteration. */
export function previousOutput({ state, within }: Level): string {
  const text = within && resultOf({ ...state, nodes: within.loop.previous })?.text;
  if (!text) return '';
  return text.kind === 'inline' ? text.text : text.excerpt;
}
