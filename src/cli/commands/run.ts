import { pickWorkflow, type UsableWorkflow } from '../../client/discover.js';
import { checkMessage } from '../../client/limits.js';
import type { Orchestrator, StartResult } from '../../client/orchestrator.js';
import { resolveInputs } from '../../client/resolve-inputs.js';
import { ERROR_CODES, RunError } from '../../core/errors.js';
import { shortRunId } from '../../core/ids.js';
import type { CliContext, Command, CommandResult } from '../context.js';
import { failedResult } from '../render/failure.js';
import { definitionRefused, renderIssues } from '../render/issues.js';
import { holderJson, renderRefusal } from '../render/refusal.js';
import { oneLine } from '../render/text.js';
import { parseInputs } from './inputs.js';
import { Interrupted, listenForInterrupts, unlessAborted } from './interruption.js';
import { interruptedResult } from './interrupted-run.js';
import { placeOf, type PlaceOptions } from './place.js';
import { resultOfRun, runJson, type StartedRun } from './run-result.js';
import { watchRun } from './watch-run.js';
import { withWholeOutput } from './whole-output.js';

export interface RunArguments extends PlaceOptions {
  readonly workflow: string;
  /** The message; joined with spaces. */
  readonly words: readonly string[];
  readonly input: readonly string[];
  readonly base?: string;
  readonly detach?: boolean;
}

/** Everything that can be known before any server is asked. */
interface Prepared {
  readonly loaded: UsableWorkflow;
  readonly message: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** A start on its way: filled in as it gets on. */
interface Start {
  readonly runId: string;
  orchestrator: Orchestrator | null;
  started: StartedRun | null;
}

export function run(args: RunArguments): Command {
  return async (context) => {
    const start: Start = { runId: context.newUuid(), orchestrator: null, started: null };
    const interruption = listenForInterrupts(context.terminal);
    try {
      const prepared = await prepare(context, args);
      if ('exitCode' in prepared) return prepared;
      return await startAndFollow({ context, args, prepared, start, signal: interruption.first });
    } catch (error) {
      if (error instanceof Interrupted) return await interruptedResult(context, interruption, start);
      if (!(error instanceof RunError)) throw error;
      return failedRun(error, start, args.workflow);
    } finally {
      interruption.stopListening();
    }
  };
}

/** An error before the run began, or on the way to it: then the run may go on without us. */
function failedRun(error: RunError, { runId, started }: Start, workflow: string): CommandResult {
  const result = failedResult(error, runJson(started ?? { workflow }, null, null));
  const short = shortRunId(runId);
  const lines = [
    ...(started === null
      ? []
      : [`  follow   signalbox logs -f ${short}`, `  stop     signalbox cancel ${short}`]),
    ...(error.details['mayHaveStarted'] === true ? [`  see      signalbox get ${short}`] : []),
  ];
  return { ...result, errorText: [result.errorText, ...lines].join('\n') };
}

async function prepare(context: CliContext, args: RunArguments): Promise<Prepared | CommandResult> {
  const inputs = parseInputs(args.input);
  const message = args.words.join(' ');
  checkMessage(message);
  const found = pickWorkflow(await context.services.catalogue(placeOf(context.caller, args)), args.workflow);
  if (found.kind === 'refused') {
    return definitionRefused(args.workflow, found.issues, runJson({ workflow: args.workflow }, null, null));
  }
  if (found.workflow.warnings.length > 0) context.err.write(`${renderIssues(found.workflow.warnings)}\n`);
  return { loaded: found, message, inputs: resolveInputs(found.definition, inputs) };
}

interface Launch {
  readonly context: CliContext;
  readonly args: RunArguments;
  readonly prepared: Prepared;
  readonly start: Start;
  readonly signal: AbortSignal;
}

async function startAndFollow(launch: Launch): Promise<CommandResult> {
  const { context, args, prepared, start, signal } = launch;
  const orchestrator = await unlessAborted(signal, context.services.orchestrator());
  start.orchestrator = orchestrator;
  const since = context.clock.now().getTime();
  const answer = await unlessAborted(signal, askToStart(launch, orchestrator));
  if (answer.kind !== 'started') return notStarted(context, prepared, answer);
  start.started = answer;
  if (args.detach === true) return detached(answer);
  const { workflow, runId, workingPath } = answer;
  context.err.write(`${oneLine(workflow)} · run ${shortRunId(runId)} · ${oneLine(workingPath, 4096)}\n`);
  const { end, hasBegun } = await watchRun(context, orchestrator, runId, signal);
  const watched = { end: await withWholeOutput(end), hasBegun };
  return resultOfRun(answer, watched, context.clock.now().getTime() - since);
}

function askToStart(
  { context, args, prepared, start }: Launch,
  orchestrator: Orchestrator,
): Promise<StartResult> {
  const place = placeOf(context.caller, args);
  return orchestrator.start({
    workflow: { file: prepared.loaded.workflow.file, text: prepared.loaded.text },
    workingPath: place.directory,
    isFolder: place.isFolder,
    message: prepared.message,
    inputs: prepared.inputs,
    onBusy: 'fail',
    environment: context.caller.environment,
    startedBy: context.caller.name,
    graceMs: context.caller.graceMs,
    heartbeatTimeoutMs: context.caller.heartbeatTimeoutMs,
    runId: start.runId,
    startToken: context.newUuid(),
    ...(args.base === undefined ? {} : { baseBranch: args.base }),
  });
}

function notStarted(
  context: CliContext,
  prepared: Prepared,
  answer: Exclude<StartResult, { kind: 'started' }>,
): CommandResult {
  const { name } = prepared.loaded.workflow;
  if (answer.kind === 'refused') {
    return definitionRefused(name, answer.issues, runJson({ workflow: name }, null, null));
  }
  const { holder, code } = answer;
  return {
    exitCode: ERROR_CODES[code].exitCode,
    json: {
      ...runJson({ workflow: name, workingPath: holder.workingPath }, null, null),
      error: { code, message: `${holder.workingPath} is in use` },
      holder: holderJson(holder),
    },
    text: '',
    errorText: renderRefusal({
      holder,
      now: context.clock.now(),
      workerCommand: context.caller.workerCommand,
    }),
  };
}

function detached(run: StartedRun): CommandResult {
  const short = shortRunId(run.runId);
  return {
    exitCode: 0,
    json: runJson(run, 'running', null),
    text: `run ${short} started: ${run.workflow} in ${run.workingPath}\n  follow   signalbox logs -f ${short}\n  stop     signalbox cancel ${short}`,
  };
}
