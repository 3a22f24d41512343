import { shortRunId, type NodeId, type RunId } from '../ids.js';
import type { RunState } from '../run/run-state.js';
import type { NodeFailure } from '../run/task.js';
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

/** The same of one whose run an operator has reset: it was begun by the execution before. */
export function wordsOfReset(parent: RunId): WordsForChild {
  return { by: null, reason: `run ${shortRunId(parent)}, whose sub-run it is, was reset in Temporal` };
}

/** The same of one that an earlier generation of its run has left, where another is to begin. */
export function wordsOfSuccession(parent: RunId): WordsForChild {
  return { by: null, reason: `run ${shortRunId(parent)}, whose sub-run it is, begins it anew` };
}

/** Why a node ends whose sub-runs were open when an operator reset its run. */
export function lostInReset(runId: RunId, nodeId: NodeId): NodeFailure {
  const message = `Workflow node '${nodeId}': the run was reset in Temporal while its sub-runs were open, so they are ended. Go on with them: signalbox resume ${shortRunId(runId)}`;
  return { code: 'NODE_INTERRUPTED', message };
}
