import type { RunId } from '../ids.js';

/** Whose attempt it is, and in whose box it runs. */
export interface BoxedAttempt {
  readonly runId: RunId;
  readonly attemptId: string;
  /** The root whose box a sub-run works in; absent: its own. */
  readonly rootRunId?: RunId;
  /** Of a sub-run that an operator has reset: which of its executions. */
  readonly ownToken?: string;
  readonly fenceToken?: string;
}

/**
 * The name of an attempt in the box where it runs: a sub-run's attempts stand below its run id. After a reset they have
 * other names than before: whoever still stops those of the execution before means none of these.
 */
export function placeInBox({ attemptId, fenceToken, ...sub }: BoxedAttempt): {
  readonly runId: RunId;
  readonly attemptId: string;
  readonly fenceToken?: string;
} {
  const generation = fenceToken === undefined ? {} : { fenceToken };
  const { runId, rootRunId } = sub;
  if (rootRunId === undefined) return { runId, attemptId, ...generation };
  return { runId: rootRunId, attemptId: `${nameInRoot(sub)}/${attemptId}`, ...generation };
}

/** Below what its attempts stand in the box of its root. */
export function nameInRoot({ runId, ownToken }: Pick<BoxedAttempt, 'runId' | 'ownToken'>): string {
  return ownToken === undefined ? runId : `${runId}/${ownToken}`;
}
