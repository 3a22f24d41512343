import { CancellationScope, condition, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities, OpenedRun } from '../src/contract/activities.js';
import { fromFailure } from '../src/contract/failure.js';
import type { NodeFailure } from '../src/core/run/task.js';
import { MAKE_WORKTREE } from './activity-options.js';
import type { Admission } from './admit.js';
import type { LiveRun } from './live-run.js';

/**
 * Has the host make the worktree that the run is to work in, if it is to have one; a cancellation ends that, too.
 * @returns why the run may not work; null: it may
 */
export async function makeWorktree(
  { request, owner }: Admission,
  live: LiveRun,
  { artifactsDir, baseBranch }: OpenedRun,
): Promise<NodeFailure | null> {
  const { runId, workingPath, hasClientEnvironment, graceMs, worktree: order } = request;
  if (order === undefined) return null;
  const task = { runId, workingPath, order, baseBranch, artifactsDir, hasClientEnvironment, graceMs };
  const scope = new CancellationScope();
  let isSettled = false;
  void condition(() => isSettled || live.mustStopAttempts).then(() => {
    if (!isSettled) scope.cancel();
  });
  try {
    await scope.run(() => proxyActivities<Activities>(MAKE_WORKTREE).makeWorktree({ owner, task }));
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
