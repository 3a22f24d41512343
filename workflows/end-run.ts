import {
  condition,
  log,
  ParentClosePolicy,
  proxyActivities,
  startChild,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities, WriteMirrorInput } from '../src/contract/activities.js';
import { WORKFLOW_TYPES, type MirrorInput } from '../src/contract/run-workflow.js';
import { mirrorWorkflowId } from '../src/contract/workflow-id.js';
import { CLOSE_RUN, MIRROR_PATIENCE_MS, WRITE_MIRROR } from './activity-options.js';
import type { Admission } from './admit.js';
import type { MirrorAuthor, MirrorLane } from './mirror-lane.js';
import { rootOfSubrun } from './root-of-subrun.js';

export interface RunEnd {
  readonly admission: Admission;
  readonly lane: MirrorLane;
  readonly author: MirrorAuthor;
  /** @see CloseRunInput */
  readonly cancelReason: string | null;
}

/**
 * The one way out of a run: processes gone, then the terminal write, then close. A table that stays away
 * for a minute costs the lease no longer: children go on writing.
 */
export async function endRun({ admission, lane, author, cancelReason }: RunEnd): Promise<void> {
  lane.seal();
  const { runId, graceMs } = admission.request;
  const { rootRunId } = rootOfSubrun(admission);
  const writes = lastWrites(lane, author);
  const terminal = lane.inFlight === null && writes.length === 1 ? (writes[0] ?? null) : null;
  const { closeRun } = proxyActivities<Activities>(CLOSE_RUN);
  const { fenceToken } = admission.root;
  const { isMirrored } = await closeRun({
    ...{ runId, ...(rootRunId && { rootRunId }), fenceToken },
    ...{ graceMs, terminal, cancelReason },
  });
  if (isMirrored) return;
  const patienceEnds = Date.now() + MIRROR_PATIENCE_MS;
  const isLaneIdle = await condition(() => lane.inFlight === null, MIRROR_PATIENCE_MS, {
    summary: 'wait for the mirror',
  });
  if (isLaneIdle) return handOver(admission, await unwrittenOf(writes, patienceEnds));
  const before = lane.abandon();
  return handOver(admission, before === null ? writes : [before, ...writes]);
}

/** A row that cannot be made, which would be our fault, must not keep the run open. */
function lastWrites(lane: MirrorLane, author: MirrorAuthor): readonly WriteMirrorInput[] {
  try {
    return lane.takeAll(author);
  } catch (error) {
    log.error('the end of the run cannot be put into its row', { error });
    return [];
  }
}

/** Writes in order while there is time. @returns what is left */
async function unwrittenOf(
  writes: readonly WriteMirrorInput[],
  patienceEnds: number,
): Promise<readonly WriteMirrorInput[]> {
  for (const [position, write] of writes.entries()) {
    const options: ActivityOptions = {
      ...WRITE_MIRROR,
      scheduleToCloseTimeout: Math.max(1_000, patienceEnds - Date.now()),
    };
    try {
      await proxyActivities<Activities>(options).writeMirror(write);
    } catch {
      return writes.slice(position);
    }
  }
  return [];
}

/** Each write has a child of its own: together they may be too large for one argument. */
async function handOver({ owner, request }: Admission, writes: readonly WriteMirrorInput[]): Promise<void> {
  const { runId } = request;
  for (const [position, write] of writes.entries()) {
    const input: MirrorInput = { runId, writes: [write] };
    await startChild(WORKFLOW_TYPES.mirror, {
      workflowId: mirrorWorkflowId(runId, owner.fenceToken, position + 1),
      taskQueue: workflowInfo().taskQueue,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [input],
      staticSummary: `the mirror of run ${runId}`,
    });
  }
}
