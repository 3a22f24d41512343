import { resolve } from 'node:path';
import type { Orchestrator } from '../../client/orchestrator.js';
import type { QueuedRun } from '../../client/queue-reader.js';
import { RunError } from '../../core/errors.js';
import { shortRunId } from '../../core/ids.js';
import type { CliContext, Command, CommandResult } from '../context.js';
import { queuedJson, queueJson, renderQueue } from '../render/queue.js';
import { oneLine } from '../render/text.js';
import { findQueued } from './find-run.js';

export interface QueueListArguments {
  /** A directory; absent: every path for which somebody waits. */
  readonly path?: string;
  readonly folder?: boolean;
}

/** Who waits for paths, and for whom. */
export function queueList(args: QueueListArguments): Command {
  return async ({ services, caller, clock }) => {
    const directory = args.path === undefined ? null : resolve(caller.directory, args.path);
    const workingPath =
      directory === null ? null : await services.workingPath({ directory, isFolder: args.folder === true });
    const queues = await (await services.orchestrator()).queues(workingPath);
    const text = queues.map((queue) => renderQueue(queue, clock.now())).join('\n\n');
    return {
      exitCode: 0,
      json: { queues: queues.map(queueJson) },
      text: text === '' ? 'nobody waits' : text,
    };
  };
}

export interface LeaveArguments {
  readonly runId: string;
  readonly reason?: string;
}

/** Takes a run out of its queue. */
export function queueLeave(args: LeaveArguments): Command {
  return async (context) => {
    const orchestrator = await context.services.orchestrator();
    const run = await findQueued(orchestrator, args.runId);
    if (run === null) {
      throw new RunError(
        'RUN_NOT_FOUND',
        `no run that waits has an id that begins with ${JSON.stringify(args.runId)}; see them with signalbox queue list, and end one that runs with signalbox cancel`,
        { prefix: args.runId },
      );
    }
    return leave(context, orchestrator, run, args.reason);
  };
}

/** A run that waits is not started any more. */
export async function leave(
  { caller }: CliContext,
  orchestrator: Orchestrator,
  run: QueuedRun,
  reason: string | undefined,
): Promise<CommandResult> {
  const short = shortRunId(run.runId);
  const request = { by: caller.name, ...(reason === undefined ? {} : { reason }) };
  const { hasLeft } = await orchestrator.leaveQueue(run.runId, request);
  if (hasLeft) {
    return {
      exitCode: 0,
      json: { ...queuedJson(run), status: 'cancelled', place: null },
      text: `✓ run ${short} (${oneLine(run.workflow)}) has left the queue of ${oneLine(run.workingPath, 4096)}`,
    };
  }
  throw new RunError(
    'RUN_CLOSED',
    `run ${short} (${oneLine(run.workflow)}) does not wait any more: it has just been started, or its wait was over; end it with signalbox cancel ${short}`,
    { runId: run.runId },
  );
}
