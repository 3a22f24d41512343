import type { RunId } from '../ids.js';

/** Whose attempt it is, and in whose box it runs. */
export interface BoxedAttempt {
  readonly runId: RunId;
  readonly attemptId: string;
  /** The root whose box a sub-run works in; absent: its own. */
  readonly rootRunId?: RunId;
  readonly fenceToken?: string;
}

/** The name of an attempt in the box where it runs: a sub-run's attempts stand below its run id. */
export function placeInBox({ runId, attemptId, rootRunId, fenceToken }: BoxedAttempt): {
  readonly runId: RunId;
  readonly attemptId: string;
  readonly fenceToken?: string;
} {
  const generation = fenceToken === undefined ? {} : { fenceToken };
  if (rootRunId === undefined) return { runId, attemptId, ...generation };
  return { runId: rootRunId, attemptId: `${runId}/${attemptId}`, ...generation };
}
