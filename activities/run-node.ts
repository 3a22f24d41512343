import { Context } from '@temporalio/activity';
import type { RunNodeInput } from '../src/contract/activities.js';
import { attemptBefore } from '../src/contract/workflow-id.js';
import { RunError } from '../src/core/errors.js';
import type { AttemptResult, AttemptTask } from '../src/core/run/task.js';
import { nameInRoot, placeInBox } from '../src/core/subrun/box-place.js';
import type { Artifacts } from '../src/ports/artifacts.js';
import type { Box } from '../src/ports/box.js';
import type { Permits } from '../src/ports/permits.js';
import { callingExecution } from './inside-run.js';
import type { TemporalPlace } from './open-box.js';
import { withHeartbeat } from './with-heartbeat.js';

export interface RunNodePorts {
  readonly box: Box;
  readonly permits: Permits;
  readonly artifacts: Artifacts;
  readonly temporal: TemporalPlace;
}

/**
 * Who is cancelled is seldom alone: others of the run that wait for its permit hear of it with their next heartbeat,
 * and are not to begin before.
 */
const HEARD_WITHIN_MS = 1_000;

type Run<Task> = (task: Task, signal: AbortSignal) => Promise<AttemptResult>;

/**
 * One attempt of a node that runs a program, in the run's box. It waits here for a permit of the host, so that
 * mirror and clean-up, which need none, never wait behind nodes.
 */
export const makeRunNode =
  <Task extends AttemptTask>({ box, permits, artifacts, temporal }: RunNodePorts, run: Run<Task>) =>
  ({ owner, rootTemporalRunId, task }: RunNodeInput<Task>): Promise<AttemptResult> =>
    withHeartbeat(async (signal, show) => {
      const giveBack = await permits.acquire(signal, () => show({ waitsFor: 'permit' }));
      try {
        show(null);
        const { temporalRunId } = callingExecution();
        const fenced = { ...task, fenceToken: owner.fenceToken };
        await box.ensureOpen({ ...owner, ...temporal }, rootTemporalRunId ?? temporalRunId);
        await endEarlierExecutions(box, fenced);
        for (const earlier of earlierAttempts(task)) {
          const place = placeInBox({ ...fenced, attemptId: earlier });
          await box.stopAttempt(place, place.attemptId, task.graceMs);
        }
        return await keepArtifact(artifacts, task, await run(fenced, signal));
      } finally {
        if (signal.aborted) setTimeout(giveBack, HEARD_WITHIN_MS).unref();
        else giveBack();
      }
    });

/** After an operator's reset of a sub-run, whose box is its root's and goes on. */
async function endEarlierExecutions(box: Box, task: AttemptTask): Promise<void> {
  const { runId, rootRunId, ownToken, fenceToken, graceMs } = task;
  if (rootRunId === undefined || ownToken === undefined) return;
  const generation = { runId: rootRunId, ...(fenceToken === undefined ? {} : { fenceToken }) };
  await box.stopAttempt(generation, runId, graceMs, nameInRoot(task));
}

/** What an attempt must not run beside: the one before it, and itself, when Temporal runs it a second time. */
function earlierAttempts({ attempt, attemptId: own }: AttemptTask): readonly string[] {
  const isRepeated = Context.current().info.attempt > 1;
  return [...(attempt > 1 ? [attemptBefore(own)] : []), ...(isRepeated ? [own] : [])];
}

async function keepArtifact(
  artifacts: Artifacts,
  task: AttemptTask,
  result: AttemptResult,
): Promise<AttemptResult> {
  if (task.artifact === undefined || result.kind === 'failed') return result;
  try {
    return { ...result, artifact: await artifacts.keep(task, task.artifact, result.output.text) };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const { code, message } = error;
    const { durationMs } = result;
    return { kind: 'failed', failure: { code, message: `Node '${task.nodeId}': ${message}` }, durationMs };
  }
}
