import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadSource, type RunSource } from '../../client/load-source.js';
import { checkMessage } from '../../client/limits.js';
import type { IsolationOptions, OnBusy, Orchestrator, StartResult } from '../../client/orchestrator.js';
import { resolveInputs } from '../../client/resolve-inputs.js';
import type { WorkflowDefinition } from '../../core/definition/definition.js';
import { RunError } from '../../core/errors.js';
import { chooseIsolation } from '../../core/isolation/choose-isolation.js';
import { shortRunId, type RunId } from '../../core/ids.js';
import type { CliContext, Command, CommandResult } from '../context.js';
import { failedResult } from '../render/failure.js';
import { definitionRefused, renderIssues } from '../render/issues.js';
import { oneLine } from '../render/text.js';
import { busyResult } from './busy-result.js';
import { parseInputs } from './inputs.js';
import { Interrupted, listenForInterrupts, unlessAborted } from './interruption.js';
import { interruptedResult } from './interrupted-run.js';
import { placeOf, type PlaceOptions } from './place.js';
import { resultOfRun, runJson, type StartedRun } from './run-result.js';
import { waitCommand, worktreeCommand } from './wait-command.js';
import { waitForTurn } from './wait-for-turn.js';
import { watchRun } from './watch-run.js';
import { withWholeOutput } from './whole-output.js';

export interface RunArguments extends PlaceOptions {
  readonly workflow: string;
  /** The message; joined with spaces. */
  readonly words: readonly string[];
  readonly input: readonly string[];
  readonly isolation: IsolationOptions;
  readonly base?: string;
  readonly detach?: boolean;
  readonly onBusy?: OnBusy;
  /** In milliseconds. */
  readonly waitTimeout?: number;
}

/** Everything that can be known before any server is asked. */
interface Prepared {
  readonly source: RunSource;
  readonly message: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** A start on its way: filled in as it gets on. */
interface Start {
  readonly runId: string;
  orchestrator: Orchestrator | null;
  started: StartedRun | null;
  queued: StartedRun | null;
  isAttached: boolean;
}

const newStart = (runId: string): Start => ({
  runId,
  orchestrator: null,
  started: null,
  queued: null,
  isAttached: false,
});

export function run(args: RunArguments): Command {
  return async (context) => {
    const start = newStart(context.newUuid());
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
function failedRun(error: RunError, { runId, started, queued }: Start, workflow: string): CommandResult {
  const result = failedResult(error, runJson(started ?? queued ?? { workflow }, null, null));
  const short = shortRunId(started?.runId ?? runId);
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
  const catalogue = await context.services.catalogue(placeOf(context.caller, args));
  const loaded = await loadSource(catalogue, args.workflow);
  if (loaded.kind === 'refused') {
    return definitionRefused(args.workflow, loaded.issues, runJson({ workflow: args.workflow }, null, null));
  }
  const { source } = loaded;
  refuseContradiction(args, source.definition);
  if (source.warnings.length > 0) context.err.write(`${renderIssues(source.warnings)}\n`);
  return { source, message, inputs: resolveInputs(source.definition, inputs) };
}

/** What a start is refused for anyway is known before a server is asked. @throws RunError `USAGE` */
function refuseContradiction(
  { isolation, base, folder }: RunArguments,
  definition: WorkflowDefinition,
): void {
  chooseIsolation({
    wish: { ...isolation, base, isFolder: folder },
    definition: definition.worktree,
    config: undefined,
    isDefault: isolation.isDefault === true,
    hasRepository: true,
  });
}

/** Whether the same may be started in a worktree instead. */
function canHaveWorktree(args: RunArguments, definition: WorkflowDefinition, workingPath: string): boolean {
  const isFree = args.folder !== true && args.isolation.worktree === undefined;
  return (
    isFree &&
    args.isolation.branch === undefined &&
    definition.worktree === undefined &&
    existsSync(join(workingPath, '.git'))
  );
}

interface Launch {
  readonly context: CliContext;
  readonly args: RunArguments;
  readonly prepared: Prepared;
  readonly start: Start;
  readonly signal: AbortSignal;
}

async function startAndFollow(launch: Launch): Promise<CommandResult> {
  const { context, args, start, signal } = launch;
  const orchestrator = await unlessAborted(signal, context.services.orchestrator());
  start.orchestrator = orchestrator;
  const since = context.clock.now().getTime();
  const answer = await unlessAborted(signal, askToStart(launch, orchestrator));
  if (answer.kind === 'refused' || answer.kind === 'busy') return notStarted(launch, answer);
  if (args.detach === true) return detached(answer);
  start.isAttached = answer.kind === 'attached';
  const started = answer.kind === 'queued' ? await untilStarted(launch, orchestrator, answer) : answer;
  start.started = started;
  context.err.write(`${heading(started, answer.kind)}\n`);
  const { end, hasBegun } = await watchRun(context, orchestrator, { runId: started.runId as RunId }, signal);
  const watched = { end: await withWholeOutput(end), hasBegun };
  return resultOfRun(started, watched, context.clock.now().getTime() - since);
}

/** The first line about a run that is there. Who waited for it has read its name and path. */
function heading({ workflow, runId, workingPath }: StartedRun, kind: keyof typeof DETACHED): string {
  const short = shortRunId(runId);
  if (kind === 'queued') return `the path is free; run ${short} has started`;
  const whose = kind === 'attached' ? ' · runs already; attached' : '';
  return `${oneLine(workflow)} · run ${short} · ${oneLine(workingPath, 4096)}${whose}`;
}

async function untilStarted(
  { context, start, signal }: Launch,
  orchestrator: Orchestrator,
  queued: StartedRun,
): Promise<StartedRun> {
  start.queued = queued;
  return waitForTurn(context, orchestrator, queued, signal);
}

function askToStart(
  { context, args, prepared, start }: Launch,
  orchestrator: Orchestrator,
): Promise<StartResult> {
  const place = placeOf(context.caller, args);
  return orchestrator.start({
    workflow: prepared.source,
    workingPath: place.directory,
    isFolder: place.isFolder,
    isolation: args.isolation,
    message: prepared.message,
    inputs: prepared.inputs,
    onBusy: args.onBusy ?? 'fail',
    ...(args.waitTimeout === undefined ? {} : { waitTimeoutMs: args.waitTimeout }),
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
  { context, args, prepared }: Launch,
  answer: Extract<StartResult, { kind: 'refused' | 'busy' }>,
): CommandResult {
  const { name } = prepared.source.definition;
  if (answer.kind === 'refused') {
    return definitionRefused(name, answer.issues, runJson({ workflow: name }, null, null));
  }
  const isInPlace = canHaveWorktree(args, prepared.source.definition, answer.holder.workingPath);
  return busyResult(context, { workflow: name }, answer, {
    waitCommand: waitCommand(args),
    worktreeCommand: isInPlace ? worktreeCommand(args) : null,
  });
}

const DETACHED = {
  started: { status: 'running', verb: 'started' },
  attached: { status: 'running', verb: 'runs already' },
  queued: { status: 'queued', verb: 'waits for its turn' },
} as const;

function detached(run: Exclude<StartResult, { kind: 'refused' | 'busy' }>): CommandResult {
  const short = shortRunId(run.runId);
  const { status, verb } = DETACHED[run.kind];
  const commands =
    run.kind === 'queued'
      ? `  see      signalbox get ${short}\n  leave    signalbox queue leave ${short}`
      : `  follow   signalbox logs -f ${short}\n  stop     signalbox cancel ${short}`;
  return {
    exitCode: 0,
    json: { ...runJson(run, status, null), ...(run.kind === 'queued' ? { place: run.place } : {}) },
    text: `run ${short} ${verb}: ${run.workflow} in ${run.workingPath}\n${commands}`,
  };
}
