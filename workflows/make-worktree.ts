import { CancellationScope, condition, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities, OpenedRun } from '../src/contract/activities.js';
import { fromFailure } from '../src/contract/failure.js';
import type { WorktreeOrder } from '../src/core/isolation/worktree-order.js';
import { tellWarnings } from '../src/core/mirror/tell-warnings.js';
import type { NodeFailure } from '../src/core/run/task.js';
import { MAKE_WORKTREE } from './activity-options.js';
import type { Admission } from './admit.js';
import { now } from './live-run.js';
import type { RaisedRun } from './raise-run.js';

/**
 * Has the host make the worktree that the run is to work in; a cancellation ends that, too.
 * @param holdsWork whether nodes of the run have completed in it
 * @returns why the run may not work; null: it may
 */
export async function makeWorktree(
  { request, owner }: Admission,
  { live, lane, order }: Pick<RaisedRun, 'live' | 'lane'> & { readonly order: WorktreeOrder },
  { artifactsDir, baseBranch }: Pick<OpenedRun, 'artifactsDir' | 'baseBranch'>,
  holdsWork: boolean,
): Promise<NodeFailure | null> {
  const { runId, workingPath, hasClientEnvironment, graceMs } = request;
  const place = { runId, workingPath, order, ...(holdsWork ? { holdsWork } : {}) };
  const task = { ...place, baseBranch, artifactsDir, hasClientEnvironment, graceMs };
  const scope = new CancellationScope();
  let isSettled = false;
  void condition(() => isSettled || live.mustStopAttempts).then(() => {
    if (!isSettled) scope.cancel();
  });
  try {
    const { warnings } = await scope.run(() =>
      proxyActivities<Activities>(MAKE_WORKTREE).makeWorktree({ owner, task }),
    );
    const workflowName = request.definition.name;
    if (warnings.length > 0) lane.push(tellWarnings({ workflowName, warnings, at: now() }));
    return null;
  } catch (error) {
    if (isCancellation(error)) return null;
    const { code, message } = fromFailure(error) ?? { code: 'WORKTREE_FAILED', message: UNFINISHED };
    return { code, message };
  } finally {
    isSettled = true;
  }
}

const UNFINISHED =
  'the worktree was not made in time; see what git waits for, then start the run again, or let it work in the directory itself with --no-worktree';
