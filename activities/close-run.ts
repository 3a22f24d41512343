import { log } from '@temporalio/activity';
import type { Activities, CloseRunInput, WriteMirrorInput } from '../src/contract/activities.js';
import type { Box } from '../src/ports/box.js';
import type { ExecutionName } from '../src/ports/executions.js';
import type { EnvironmentStore } from '../src/ports/run-files.js';
import { callingExecution } from './inside-run.js';
import { withHeartbeat } from './with-heartbeat.js';
import { writeTo, type WriteMirrorPorts } from './write-mirror.js';

export interface CloseRunPorts extends WriteMirrorPorts {
  readonly box: Box;
  readonly environment: EnvironmentStore;
}

/**
 * Ends every process of the run (of a sub-run in the box of its root those below its name), then writes that it
 * has ended: a terminal row means that the work has stopped. What a later generation of the run has by then, its
 * processes and what its client left, stays as it is. Only processes may keep a run open: a table that does not
 * take the write is an answer, not a failure; a file that cannot be removed, and a cancellation that Temporal does
 * not take, are logged.
 */
export const makeCloseRun =
  (ports: CloseRunPorts): Activities['closeRun'] =>
  (input) => {
    const { terminal, cancelReason } = input;
    const execution = callingExecution();
    return withHeartbeat(async () => {
      await leaveBox(ports, input, execution);
      const isMirrored = terminal !== null && (await isWritten(ports, terminal));
      if (cancelReason !== null) await requestCancel(ports, execution, cancelReason);
      return { isMirrored };
    });
  };

async function leaveBox(
  { box, environment }: CloseRunPorts,
  { runId, rootRunId, fenceToken, graceMs }: CloseRunInput,
  execution: ExecutionName,
): Promise<void> {
  const generation = fenceToken === undefined ? {} : { fenceToken };
  if (rootRunId !== undefined) {
    await box.stopAttempt({ runId: rootRunId, ...generation }, runId, graceMs);
  } else if ((await box.close({ runId, ...generation, ...execution }, graceMs)) === 'superseded') {
    log.warn(
      'a later generation of the run works already; this end of an earlier one changes nothing of it',
      { runId, fenceToken, ...execution },
    );
    return;
  }
  await environment.remove(runId).catch((error: unknown) => {
    log.error('the environment that the client left cannot be removed', { runId, error });
  });
}

async function isWritten(ports: CloseRunPorts, terminal: WriteMirrorInput): Promise<boolean> {
  try {
    await writeTo(ports, terminal);
    return true;
  } catch (error) {
    log.warn('the end of the run is not in its table yet', { error });
    return false;
  }
}

/** Without it the execution closes as failed, with a cancellation for its failure. */
async function requestCancel(
  { executions }: CloseRunPorts,
  execution: ExecutionName,
  reason: string,
): Promise<void> {
  await executions.cancel(execution, reason).catch((error: unknown) => {
    log.warn('Temporal was not asked to cancel the execution', { error });
  });
}
