import {
  condition,
  ParentClosePolicy,
  proxyActivities,
  startChild,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities } from '../src/contract/activities.js';
import { WORKFLOW_TYPES, type MirrorInput } from '../src/contract/run-workflow.js';
import { mirrorWorkflowId } from '../src/contract/workflow-id.js';
import type { MirrorWrite } from '../src/core/mirror/rows.js';
import type { Admission } from './admit.js';
import { CLOSE_RUN, MIRROR_PATIENCE_MS, WRITE_MIRROR } from './activity-options.js';
import type { MirrorLane } from './mirror-lane.js';

/**
 * The one way out of a run: processes gone, then the terminal write, then close. A table that stays away
 * for a minute costs the lease no longer: a child goes on writing.
 */
export async function endRun(admission: Admission, lane: MirrorLane, epoch: string): Promise<void> {
  lane.seal();
  const { runId, graceMs } = admission.request;
  const { closeRun } = proxyActivities<Activities>(CLOSE_RUN);
  const unwritten = lane.inFlight;
  const terminal = lane.take(epoch);
  const { isMirrored } = await closeRun({ runId, graceMs, write: unwritten === null ? terminal : null });
  if (isMirrored) return;
  const isLaneIdle = await condition(() => lane.inFlight === null, MIRROR_PATIENCE_MS);
  if (isLaneIdle && (await isWritten(terminal))) return;
  await handOver(admission, unwritten === null || isLaneIdle ? [terminal] : [unwritten, terminal]);
}

async function isWritten(write: MirrorWrite): Promise<boolean> {
  const options: ActivityOptions = { ...WRITE_MIRROR, scheduleToCloseTimeout: MIRROR_PATIENCE_MS };
  try {
    await proxyActivities<Activities>(options).writeMirror(write);
    return true;
  } catch {
    return false;
  }
}

async function handOver(admission: Admission, writes: readonly MirrorWrite[]): Promise<void> {
  const { runId, fenceToken } = admission.owner;
  const input: MirrorInput = { runId: admission.request.runId, writes };
  await startChild(WORKFLOW_TYPES.mirror, {
    workflowId: mirrorWorkflowId(admission.request.runId, fenceToken),
    taskQueue: workflowInfo().taskQueue,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    args: [input],
    staticSummary: `the mirror of run ${runId}`,
  });
}
