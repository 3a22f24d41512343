import type { RunDescription } from '../../contract/messages.js';
import type { Orchestrator, RunEnd } from '../../client/orchestrator.js';
import { RunError } from '../../core/errors.js';
import { shortRunId, type RunId } from '../../core/ids.js';
import type { CliContext, Command, CommandResult } from '../context.js';
import { oneLine } from '../render/text.js';
import { activeNodes, few } from '../render/whereabouts.js';
import { askOf, findRunOrQueued, startedRun } from './find-run.js';
import { leave } from './queue.js';
import { runJson, type StartedRun } from './run-result.js';

export interface CancelArguments {
  readonly runId: string;
  readonly reason?: string;
  /** Return only when the run has closed: nothing of it is alive then. */
  readonly wait: boolean;
}

/** Beyond any grace that a node is given, so that it means trouble. */
const PATIENCE_MS = 60_000;

/** Ends a run. Unless told otherwise, waits until its processes are gone. One that waits for its path leaves the queue. */
export function cancel(args: CancelArguments): Command {
  return async (context) => {
    const orchestrator = await context.services.orchestrator();
    const found = await findRunOrQueued(orchestrator, args.runId);
    if ('queued' in found) return leave(context, orchestrator, found.queued, args.reason);
    const { record } = found;
    return askOf(record, () => cancelRun(context, orchestrator, startedRun(record), args));
  };
}

async function cancelRun(
  context: CliContext,
  orchestrator: Orchestrator,
  run: StartedRun,
  { reason, wait }: CancelArguments,
): Promise<CommandResult> {
  const runId = run.runId as RunId;
  const before = await orchestrator.describe(runId).catch(() => null);
  await orchestrator.cancel(runId, {
    by: context.caller.name,
    ...(reason === undefined ? {} : { reason }),
  });
  if (!wait) return accepted(run);
  return stopped(run, await waitForEnd(context, orchestrator, runId), before);
}

async function waitForEnd(context: CliContext, orchestrator: Orchestrator, runId: RunId): Promise<RunEnd> {
  const limit = PATIENCE_MS + context.caller.graceMs;
  const patience = new AbortController();
  const over = new AbortController();
  const timer = context.pause(limit, over.signal).then(
    () => patience.abort(),
    () => undefined,
  );
  try {
    return await orchestrator.follow(runId, { signal: patience.signal });
  } catch (error) {
    if (!patience.signal.aborted) throw error;
    const short = shortRunId(runId);
    throw new RunError(
      'PATH_STILL_OCCUPIED',
      `run ${short} is being cancelled, and had not ended after ${Math.round(limit / 1000)} s; look with signalbox status, and at the worker with signalbox ps`,
      { runId },
    );
  } finally {
    over.abort();
    await timer;
  }
}

function accepted(run: StartedRun): CommandResult {
  return {
    exitCode: 0,
    json: runJson(run, 'cancelling', null),
    text: `run ${shortRunId(run.runId)} (${oneLine(run.workflow)}) is being cancelled`,
  };
}

/** @param before null: the run did not say what it was at */
function stopped(run: StartedRun, end: RunEnd, before: RunDescription | null): CommandResult {
  const short = shortRunId(run.runId);
  const nodes = before === null ? [] : activeNodes(before);
  const json = { ...runJson(run, end.status, end.output), stopped: [...nodes] };
  if (end.status !== 'cancelled') {
    const message = `run ${short} (${oneLine(run.workflow)}) ended as ${end.status} before it could be cancelled`;
    return {
      exitCode: 1,
      json: { ...json, error: { code: 'RUN_CLOSED', message } },
      text: '',
      errorText: `✖ ${message} (RUN_CLOSED)`,
    };
  }
  const nothing = before === null ? '' : '; nothing of it was running';
  const what = nodes.length === 0 ? nothing : `; stopped: ${few(nodes)}`;
  return { exitCode: 0, json, text: `✓ run ${short} (${oneLine(run.workflow)}) cancelled${what}` };
}
