import type { Activities } from '../src/contract/activities.js';
import { givesSignal } from '../src/core/run/signal.js';
import type { OutputTexts } from '../src/ports/output-texts.js';

export interface FindSignalPorts {
  readonly outputTexts: Pick<OutputTexts, 'read'>;
}

/** Looks for the signal of a loop in an output that is too large for the history. */
export const makeFindSignal =
  ({ outputTexts }: FindSignalPorts): Activities['findSignal'] =>
  async ({ text, signal }) => ({
    isFound: givesSignal(await outputTexts.read(text, 'the output of an iteration'), signal),
  });
