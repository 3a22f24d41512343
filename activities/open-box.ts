import { RunError, type ErrorCode } from '../src/core/errors.js';
import { boxKey } from '../src/core/lease/box-key.js';
import type { TakenOver } from '../src/core/lease/taken-over.js';
import type { NodeFailure } from '../src/core/run/task.js';
import type { OpenRunInput } from '../src/contract/activities.js';
import type { Box, BoxOwner } from '../src/ports/box.js';
import type { ExecutionName } from '../src/ports/executions.js';

/** Which Temporal the runs of a worker live in. */
export type TemporalPlace = Pick<BoxOwner, 'temporalAddress' | 'temporalNamespaceId'>;

/** With these the run ends as refused; what else goes wrong fails the attempt to open it. */
const REFUSALS: readonly ErrorCode[] = [
  'CONTAINMENT_TOO_WEAK',
  'LEASE_HELD',
  'NODE_UNSTARTABLE',
  'PATH_STILL_OCCUPIED',
];

/** How the opening of a box went. */
export interface BoxOpening {
  /** Why the run may not work; null: it may. */
  readonly refusal: NodeFailure | null;
  /** The dead run of another Temporal whose path it was; null: nobody's. */
  readonly takenOver: TakenOver | null;
}

/**
 * Opens the box of a run that has its row; of a sub-run in its parent's checkout that of its root, if need be.
 * @throws RunError `FENCED` · `TEMPORAL_UNREACHABLE`
 */
export async function openBox(
  box: Box,
  { request, fenceToken }: OpenRunInput,
  execution: ExecutionName,
  temporal: TemporalPlace,
): Promise<BoxOpening> {
  const { runId, workingPath, parent } = request;
  const key = boxKey(execution.temporalWorkflowId, request);
  const own = { runId, pathKey: key, fenceToken, ...execution };
  const { temporalRunId, ...claim } = parent?.root ?? own;
  const owner: BoxOwner = { ...claim, workingPath, ...temporal };
  try {
    return { refusal: null, takenOver: await box.ensureOpen(owner, temporalRunId) };
  } catch (error) {
    if (!(error instanceof RunError) || !REFUSALS.includes(error.code)) throw error;
    return { refusal: { code: error.code, message: error.message }, takenOver: null };
  }
}
