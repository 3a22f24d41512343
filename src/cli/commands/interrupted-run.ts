import { ERROR_CODES } from '../../core/errors.js';
import type { RunId } from '../../core/ids.js';
import { shortRunId } from '../../core/ids.js';
import type { Orchestrator } from '../../client/orchestrator.js';
import type { CliContext, CommandResult } from '../context.js';
import type { Interruption } from './interruption.js';
import { resultOfRun, runJson, type StartedRun } from './run-result.js';

/** How far a start had come when it was interrupted. */
export interface InterruptedStart {
  readonly runId: string;
  /** Null: Temporal has not been asked yet. */
  readonly orchestrator: Orchestrator | null;
  /** Null: no answer yet. */
  readonly started: StartedRun | null;
  /** It waits for its path; null: it does not. */
  readonly queued: StartedRun | null;
  /** Somebody else started it: it is not ours to cancel. */
  readonly isAttached: boolean;
}

/** How long a second Ctrl-C is waited for. */
const SECOND_THOUGHT_MS = 2_000;

/** The run goes on, or keeps its place, without us; a second Ctrl-C cancels it, or gives the place up. */
export async function interruptedResult(
  context: CliContext,
  interruption: Interruption,
  start: InterruptedStart,
): Promise<CommandResult> {
  const { runId, orchestrator, started, queued } = start;
  if (orchestrator === null) return interrupted({}, 'interrupted; nothing was started');
  const run = started ?? queued;
  if (run === null) {
    const sentence = `interrupted while starting; run ${runId} may have started (signalbox get ${runId})`;
    return interrupted({ runId }, sentence);
  }
  const { sentence, commands } = started === null ? whatWaits(run) : whatGoesOn(run);
  const result = interrupted(run, sentence, started === null ? 'queued' : 'running');
  if (interruption.interrupt === 'SIGTERM' || start.isAttached) {
    return { ...result, errorText: `${sentence}\n${commands}` };
  }
  context.err.write(`\n${sentence}\n${commands}        (or press Ctrl-C again now)\n`);
  if (!(await isPressedAgain(context, interruption))) return { ...result, errorText: '' };
  return started === null ? left(context, orchestrator, run) : cancelled(context, orchestrator, run);
}

interface Words {
  readonly sentence: string;
  readonly commands: string;
}

function whatGoesOn({ runId }: StartedRun): Words {
  const short = shortRunId(runId);
  return {
    sentence: `interrupted; run ${short} goes on`,
    commands: `  follow   signalbox logs -f ${short}\n  stop     signalbox cancel ${short}`,
  };
}

function whatWaits({ runId }: StartedRun): Words {
  const short = shortRunId(runId);
  return {
    sentence: `interrupted; run ${short} keeps its place in the queue`,
    commands: `  see      signalbox get ${short}\n  leave    signalbox queue leave ${short}`,
  };
}

/** A run that has got its turn at this very moment is cancelled. */
async function left(
  context: CliContext,
  orchestrator: Orchestrator,
  run: StartedRun,
): Promise<CommandResult> {
  const request = { by: context.caller.name, reason: 'interrupted twice at the terminal' };
  const { hasLeft } = await orchestrator.leaveQueue(run.runId as RunId, request);
  if (!hasLeft) return cancelled(context, orchestrator, run);
  const sentence = `run ${shortRunId(run.runId)} has left the queue`;
  return interrupted(run, sentence, 'cancelled');
}

async function isPressedAgain(context: CliContext, interruption: Interruption): Promise<boolean> {
  await context.pause(SECOND_THOUGHT_MS, interruption.second).catch(() => undefined);
  return interruption.second.aborted;
}

async function cancelled(
  context: CliContext,
  orchestrator: Orchestrator,
  run: StartedRun,
): Promise<CommandResult> {
  const since = context.clock.now().getTime();
  const runId = run.runId as RunId;
  context.err.write(`cancelling run ${shortRunId(runId)} …\n`);
  await orchestrator.cancel(runId, { by: context.caller.name, reason: 'interrupted twice at the terminal' });
  const end = await orchestrator.follow(runId);
  return resultOfRun(run, { end, hasBegun: true }, context.clock.now().getTime() - since);
}

function interrupted(
  run: Partial<StartedRun>,
  sentence: string,
  status: string | null = null,
): CommandResult {
  return {
    exitCode: ERROR_CODES.INTERRUPTED.exitCode,
    json: { ...runJson(run, status, null), error: { code: 'INTERRUPTED', message: sentence } },
    text: '',
    errorText: sentence,
  };
}
