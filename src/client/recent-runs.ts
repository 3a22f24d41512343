import type { RunId } from '../core/ids.js';

/** Temporal IDs of runs that were started a short while ago: their rows may not be there yet. */
export interface RecentRuns {
  remember(runId: RunId, temporalWorkflowId: string): void;
  idOf(runId: RunId): string | undefined;
}

/** @param limit how many are kept, the newest ones */
export function makeRecentRuns(limit: number): RecentRuns {
  const ids = new Map<RunId, string>();
  return {
    remember: (runId, temporalWorkflowId) => {
      ids.delete(runId);
      ids.set(runId, temporalWorkflowId);
      const [oldest] = ids.keys();
      if (ids.size > limit && oldest !== undefined) ids.delete(oldest);
    },
    idOf: (runId) => ids.get(runId),
  };
}
