import type { Reference } from '../core/expression/reference.js';
import type { Scope, TextValue } from '../core/run/task.js';

/** Reads what nodes gave out, wherever it lies. */
export interface OutputTexts {
  /**
   * @param whose how its reader calls it, for the message
   * @throws RunError `REFERENCE_UNRESOLVED` its file is gone, or is not what it was
   */
  read(text: TextValue, whose: string): Promise<string>;
  /**
   * The scope with every text in memory that is referred to.
   * @throws RunError `REFERENCE_UNRESOLVED`
   */
  load(scope: Scope, references: readonly Reference[]): Promise<Scope>;
}
