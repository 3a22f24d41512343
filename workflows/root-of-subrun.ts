import type { RunOwner } from '../src/contract/activities.js';
import type { RunId } from '../src/core/ids.js';
import type { Admission } from './admit.js';

/** In whose box a sub-run works; nothing for a run that has a box of its own. */
export function rootOfSubrun({ request, owner, root, isReset }: Admission): {
  readonly rootRunId?: RunId;
  readonly ownToken?: string;
} {
  if (request.runId === root.runId) return {};
  return { rootRunId: root.runId, ...(isReset ? { ownToken: owner.fenceToken } : {}) };
}

/** Whose box the nodes of a run work in, and for a sub-run on behalf of which execution it is opened. */
export function ownerOfBox({ request, root }: Pick<Admission, 'request' | 'root'>): {
  readonly owner: RunOwner;
  readonly rootTemporalRunId?: string;
} {
  const { temporalRunId, ...claim } = root;
  const owner = { ...claim, workingPath: request.workingPath };
  return request.runId === root.runId ? { owner } : { owner, rootTemporalRunId: temporalRunId };
}
