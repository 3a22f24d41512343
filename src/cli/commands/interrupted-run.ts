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
}

/** How long a second Ctrl-C is waited for. */
const SECOND_THOUGHT_MS = 2_000;

/** The run goes on without us; a second Ctrl-C cancels it. */
export async function interruptedResult(
  context: CliContext,
  interruption: Interruption,
  start: InterruptedStart,
): Promise<CommandResult> {
  const { runId, orchestrator, started } = start;
  if (orchestrator === null) return interrupted({}, 'interrupted; nothing was started');
  if (started === null) {
    const sentence = `interrupted while starting; run ${runId} may have started (signalbox get ${runId})`;
    return interrupted({ runId }, sentence);
  }
  const short = shortRunId(runId);
  const sentence = `interrupted; run ${short} goes on`;
  const commands = `  follow   signalbox logs -f ${short}\n  stop     signalbox cancel ${short}`;
  const result = interrupted(started, sentence);
  if (interruption.interrupt === 'SIGTERM') return { ...result, errorText: `${sentence}\n${commands}` };
  context.err.write(`\n${sentence}\n${commands}        (or press Ctrl-C again now)\n`);
  if (await isPressedAgain(context, interruption)) return cancelled(context, orchestrator, started);
  return { ...result, errorText: '' };
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

function interrupted(run: Partial<StartedRun>, sentence: string): CommandResult {
  const status = run.temporalWorkflowId === undefined ? null : 'running';
  return {
    exitCode: ERROR_CODES.INTERRUPTED.exitCode,
    json: { ...runJson(run, status, null), error: { code: 'INTERRUPTED', message: sentence } },
    text: '',
    errorText: sentence,
  };
}
