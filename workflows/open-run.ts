import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities, OpenRunResult } from '../src/contract/activities.js';
import { fromFailure } from '../src/contract/failure.js';
import { RunError } from '../src/core/errors.js';
import { OPEN_RUN } from './activity-options.js';
import type { Admission } from './admit.js';
import type { MirrorAuthor, MirrorLane } from './mirror-lane.js';

/** As whom the first write is made: its epoch is not known yet. */
const NOBODY: MirrorAuthor = { epoch: '', generation: null };

/** @throws RunError what refused the run · `RUN_TABLE_UNREACHABLE` */
export async function openRun(
  admission: Admission,
  lane: MirrorLane,
  startedAt: string,
): Promise<OpenRunResult> {
  const { request, owner, isFirstExecution } = admission;
  const { runId, hostId, uid, workingPath, message, inputs, startedBy, baseBranch } = request;
  const { row, events } = lane.take(NOBODY).write;
  try {
    return await proxyActivities<Activities>(OPEN_RUN).openRun({
      request: { runId, hostId, uid, workingPath, message, inputs, startedBy, baseBranch },
      workflowName: request.definition.name,
      startedAt,
      fenceToken: owner.fenceToken,
      isFirstExecution,
      row,
      events,
    });
  } catch (error) {
    throw (
      fromFailure(error) ??
      new RunError(
        'RUN_TABLE_UNREACHABLE',
        'the first row of the run could not be written within a minute, so the run gives its path back. See whether Postgres answers with signalbox doctor',
        {},
        { cause: error },
      )
    );
  }
}

/**
 * As whom the mirror is written from now on. An execution that an operator's reset made behind `openRun`
 * has found the epoch of another generation in its history.
 */
export function authorOf(
  { request, owner }: Admission,
  { epoch, fenceToken, outputRoot }: OpenRunResult,
  startedAt: string,
): MirrorAuthor {
  if (fenceToken === owner.fenceToken) return { epoch, generation: null };
  const { runId: temporalRunId, namespace: temporalNamespace } = workflowInfo();
  const identity = {
    runId: request.runId,
    workflowName: request.definition.name,
    userMessage: request.message,
    workingPath: request.workingPath,
    outputRoot,
    startedAt,
    startedBy: request.startedBy,
    inputs: request.inputs,
    temporalWorkflowId: owner.temporalWorkflowId,
    temporalNamespace,
    hostId: request.hostId,
    uid: request.uid,
  };
  return { epoch, generation: { identity, fenceToken: owner.fenceToken, temporalRunId } };
}
