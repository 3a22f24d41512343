import type { Level } from './level.js';
import { outputOf } from './loop-rules.js';
import { resultOf } from './outcome.js';
import type { TextValue } from './task.js';

/** Variables of the language that belong to loops, by name without `$`. */
export type LoopWords = Readonly<Record<'LOOP_USER_INPUT', string>>;

/** What a person wrote before this iteration: at the gate of the nearest loop around that asks people. */
export function loopWords({ within }: Level): LoopWords {
  if (within === null) return { LOOP_USER_INPUT: '' };
  const { level, group, loop } = within;
  const asks = group.kind !== 'approval' && group.rules.isInteractive;
  return asks ? { LOOP_USER_INPUT: loop.userInput } : loopWords(level);
}

/** What a turn of an agent is told of the loop, or the gate, that it belongs to; by name without `$`. */
export function turnWords(level: Level): Readonly<Record<string, string>> {
  const LOOP_PREV_OUTPUT = level.within?.group.kind === 'loop' ? previousOutput(level) : '';
  return { ...loopWords(level), LOOP_PREV_OUTPUT, REJECTION_REASON: rejectionReason(level) };
}

/** Why a person has rejected what a turn is to mend; empty: nobody has. */
function rejectionReason({ within }: Level): string {
  return within?.group.kind === 'approval' ? within.loop.userInput : '';
}

/** What the iteration before gave out; of a text in a file the beginning. Empty in a first iteration. */
export function previousOutput(level: Level): string {
  const text = previousText(level);
  if (text === null) return '';
  return text.kind === 'inline' ? text.text : text.excerpt;
}

/** What the iteration before gave out, of a `loop` without its signal; null: it was the first, or gave nothing. */
export function previousText({ state, within }: Level): TextValue | null {
  if (within === null) return null;
  const result = resultOf({ ...state, nodes: within.loop.previous });
  if (result === null) return null;
  return (within.group.kind === 'loop' ? outputOf(within.group, result) : result).text;
}
