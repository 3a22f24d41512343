import { Context } from '@temporalio/activity';
import type { Activities } from '../src/contract/activities.js';
import { attemptId } from '../src/contract/workflow-id.js';
import type { ShellTask } from '../src/core/run/task.js';
import type { Box } from '../src/ports/box.js';
import type { Shell } from '../src/ports/shell.js';
import { callingExecution } from './inside-run.js';
import type { TemporalPlace } from './open-box.js';
import { withHeartbeat } from './with-heartbeat.js';

export interface RunShellPorts {
  readonly box: Box;
  readonly shell: Shell;
  readonly temporal: TemporalPlace;
}

/** One attempt of a bash node, in the run's box. */
export const makeRunShell =
  ({ box, shell, temporal }: RunShellPorts): Activities['runShell'] =>
  ({ owner, task }) =>
    withHeartbeat(async (signal) => {
      await box.ensureOpen({ ...owner, ...temporal }, callingExecution().temporalRunId);
      for (const earlier of earlierAttempts(task)) await box.stopAttempt(task.runId, earlier, task.graceMs);
      return shell.run(task, signal);
    });

/** What an attempt must not run beside: the one before it, and itself, when Temporal runs it a second time. */
function earlierAttempts({ nodeId, attempt, attemptId: own }: ShellTask): readonly string[] {
  const isRepeated = Context.current().info.attempt > 1;
  return [...(attempt > 1 ? [attemptId(nodeId, attempt - 1)] : []), ...(isRepeated ? [own] : [])];
}
