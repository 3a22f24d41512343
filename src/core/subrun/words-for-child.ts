import { shortRunId, type RunId } from '../ids.js';
import type { RunState } from '../run/run-state.js';
import type { Subruns } from './subruns.js';

/** Who wants a sub-run ended, and why, as its own row says it. */
export interface WordsForChild {
  readonly by: string | null;
  readonly reason: string;
}

/**
 * What a sub-run that is to end is told of it.
 * @param subruns those of its node; null: all of the run are to end
 */
export function wordsForChild(
  parent: RunId,
  { cancellation, abort }: Pick<RunState, 'cancellation' | 'abort'>,
  subruns: Pick<Subruns, 'failure'> | null,
): WordsForChild {
  const withParent = (why: string | null): string =>
    `with run ${shortRunId(parent)}, whose sub-run it is${why === null ? '' : `: ${why}`}`;
  if (cancellation !== null) return { by: cancellation.by, reason: withParent(cancellation.reason) };
  if (abort !== null) return { by: null, reason: withParent(abort.message) };
  const failure = subruns?.failure ?? null;
  return {
    by: null,
    reason: failure === null ? withParent(null) : `not needed any more: ${failure.message}`,
  };
}
