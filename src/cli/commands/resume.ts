import type { Orchestrator, ResumeResult } from '../../client/orchestrator.js';
import { RunError } from '../../core/errors.js';
import { shortRunId, type RunId } from '../../core/ids.js';
import type { RunRecord } from '../../ports/run-table.js';
import type { CliContext, Command, CommandResult } from '../context.js';
import { failedResult } from '../render/failure.js';
import { oneLine } from '../render/text.js';
import { busyResult } from './busy-result.js';
import { findRun, startedRun } from './find-run.js';
import { Interrupted, listenForInterrupts, unlessAborted } from './interruption.js';
import { interruptedResult } from './interrupted-run.js';
import { resultOfRun, runJson, type StartedRun } from './run-result.js';
import { watchRun } from './watch-run.js';
import { withWholeOutput } from './whole-output.js';

export interface ResumeArguments {
  readonly runId: string;
  readonly detach?: boolean;
}

type Resumed = Extract<ResumeResult, { readonly kind: 'started' }>;

/** A resume on its way: filled in as it gets on. */
interface Resumption {
  orchestrator: Orchestrator | null;
  record: RunRecord | null;
  started: StartedRun | null;
}

const SHOWN_NODES = 10;

/** Lets a run go on from where it ended, and follows it. */
export function resume(args: ResumeArguments): Command {
  return async (context) => {
    const resumption: Resumption = { orchestrator: null, record: null, started: null };
    const interruption = listenForInterrupts(context.terminal);
    try {
      return await resumeAndFollow(context, args, resumption, interruption.first);
    } catch (error) {
      if (error instanceof Interrupted) {
        const { orchestrator, record, started } = resumption;
        const runId = record?.runId ?? args.runId;
        const asked = { runId, orchestrator: record && orchestrator, started, queued: null };
        return await interruptedResult(context, interruption, { ...asked, isAttached: false });
      }
      if (!(error instanceof RunError)) throw error;
      return failedResume(error, resumption);
    } finally {
      interruption.stopListening();
    }
  };
}

async function resumeAndFollow(
  context: CliContext,
  args: ResumeArguments,
  resumption: Resumption,
  signal: AbortSignal,
): Promise<CommandResult> {
  const orchestrator = await unlessAborted(signal, context.services.orchestrator());
  resumption.orchestrator = orchestrator;
  const record = await unlessAborted(signal, findRun(orchestrator, args.runId));
  const { runId } = record;
  const after = (await unlessAborted(signal, orchestrator.events(runId))).at(-1)?.id;
  resumption.record = record;
  const since = context.clock.now().getTime();
  const answer = await unlessAborted(signal, askToResume(context, orchestrator, runId));
  if (answer.kind === 'busy') {
    return busyResult(context, startedRun(record), answer, { waitCommand: null, worktreeCommand: null });
  }
  resumption.started = answer;
  if (args.detach === true) return detached(answer);
  context.err.write(`${heading(answer)}\n`);
  const { end, hasBegun } = await watchRun(context, orchestrator, { runId, after }, signal);
  const watched = { end: await withWholeOutput(end), hasBegun };
  const result = resultOfRun(answer, watched, context.clock.now().getTime() - since);
  return { ...result, json: { ...result.json, finishedNodes: [...answer.finishedNodes] } };
}

function askToResume(context: CliContext, orchestrator: Orchestrator, runId: RunId): Promise<ResumeResult> {
  const { environment, name } = context.caller;
  return orchestrator.resume({
    runId,
    onBusy: 'fail',
    environment,
    startedBy: name,
    startToken: context.newUuid(),
  });
}

function heading(run: Resumed): string {
  const { workflow, runId, workingPath } = run;
  return `${oneLine(workflow)} · run ${shortRunId(runId)} · ${oneLine(workingPath, 4096)} · resumed, ${kept(run)}`;
}

function kept({ finishedNodes }: Resumed): string {
  if (finishedNodes.length === 0) return 'with nothing completed before';
  const names = finishedNodes.slice(0, SHOWN_NODES).map((node) => oneLine(node));
  const more = finishedNodes.length - names.length;
  const count =
    finishedNodes.length === 1
      ? '1 already completed node'
      : `${finishedNodes.length} already completed nodes`;
  return `skipping ${count}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function detached(run: Resumed): CommandResult {
  const short = shortRunId(run.runId);
  return {
    exitCode: 0,
    json: { ...runJson(run, 'running', null), finishedNodes: [...run.finishedNodes] },
    text: `run ${short} resumed, ${kept(run)}\n  follow   signalbox logs -f ${short}\n  stop     signalbox cancel ${short}`,
  };
}

/** An error before the run went on, or on the way to it: then it may go on without us. */
function failedResume(error: RunError, { record, started }: Resumption): CommandResult {
  const facts: Partial<StartedRun> = started ?? (record === null ? {} : startedRun(record));
  const result = failedResult(error, runJson(facts, null, null));
  if (facts.runId === undefined) return result;
  const short = shortRunId(facts.runId);
  const follow = `  follow   signalbox logs -f ${short}\n  stop     signalbox cancel ${short}`;
  const mayGoOn = error.details['mayHaveStarted'] === true;
  const lines = started !== null ? [follow] : mayGoOn ? [`  see      signalbox get ${short}`] : [];
  return { ...result, errorText: [result.errorText, ...lines].join('\n') };
}
