import type { PathLocks } from '../../client/locks/path-locks.js';
import type { Release } from '../../client/locks/release-run.js';
import { RunError } from '../../core/errors.js';
import { isRunId, shortRunId } from '../../core/ids.js';
import { judgeRelease } from '../../core/locks/judge-release.js';
import { runsOn, type PathFacts } from '../../core/locks/path-facts.js';
import type { CliContext, Command, CommandResult } from '../context.js';
import { failedResult, usageError } from '../render/failure.js';
import { renderPath } from '../render/locks.js';
import { oneLine } from '../render/text.js';
import { findPath, runIdIn, type LocksTarget } from './locks.js';
import { runJson } from './run-result.js';

export interface ReleaseArguments extends LocksTarget {
  /** The whole id, when the target is a directory. */
  readonly run?: string;
  /** Do not ask; and go on where nothing can be proved. */
  readonly force?: boolean;
  readonly reason?: string;
}

/** Ends a run by force, and gives its path back. */
export function locksRelease(args: ReleaseArguments): Command {
  return async (context) => {
    const named = idNamed(args);
    const locks = await context.services.locks();
    const facts = await findPath(context, locks, args);
    const runId = named ?? missingId(facts, args.target);
    try {
      return await release(context, locks, { facts, runId, args });
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      return failedResult(error, factsOf(facts, runId));
    }
  };
}

/** The run id that was written; null: none was. @throws RunError `USAGE` it is none, or two that differ */
function idNamed({ target, run }: ReleaseArguments): string | null {
  const own = runIdIn(target);
  const given = run?.trim().toLowerCase() ?? null;
  if (given !== null && !isRunId(given)) throw usageError(`--run ${given} is no whole run id`);
  if (own !== null && given !== null && own !== given) {
    throw usageError('two run ids were given, and they differ; name one');
  }
  return own ?? given;
}

/** @throws RunError `USAGE` · `NOTHING_TO_RELEASE` */
function missingId(facts: PathFacts, target: string): never {
  const [runId] = runsOn(facts);
  if (runId === undefined) {
    const plan = judgeRelease(facts, '', false);
    if (plan.kind === 'refuse') throw new RunError(plan.code, plan.message);
  }
  throw usageError(
    `say which run is to be released, by its whole id; look with signalbox locks show ${target}, then: signalbox locks release ${target} --run ${runId ?? 'ID'}`,
  );
}

interface Releasing {
  readonly facts: PathFacts;
  readonly runId: string;
  readonly args: ReleaseArguments;
}

async function release(context: CliContext, locks: PathLocks, releasing: Releasing): Promise<CommandResult> {
  const { facts, runId, args } = releasing;
  const plan = judgeRelease(facts, runId, args.force === true);
  if (plan.kind === 'refuse') throw new RunError(plan.code, plan.message, { runId });
  if (args.force !== true) await confirm(context, releasing);
  if (!plan.isProvable && !context.isJson) context.err.write(`${unprovable(facts)}\n`);
  const done = await locks.release(facts, {
    runId,
    by: context.caller.name,
    reason: args.reason ?? null,
    isProvable: plan.isProvable,
  });
  // Its worker may have written the row first.
  const after = done.ending === null ? await locks.ofRun(runId) : null;
  return released(after === null ? facts : { ...facts, rows: after.rows }, runId, done);
}

function unprovable({ hostId }: PathFacts): string {
  return `host ${hostId} is silent: nothing can be ended there, and whether anything of the run still works there cannot be found out`;
}

/** @throws RunError `NOT_CONFIRMED` */
async function confirm(
  { terminal, isJson, err, clock }: CliContext,
  { facts, runId }: Releasing,
): Promise<void> {
  const command = `signalbox locks release ${runId} --force`;
  if (!terminal.isInteractive || isJson) {
    throw new RunError(
      'NOT_CONFIRMED',
      `nobody is there to be asked; to release it all the same: ${command}`,
      {
        runId,
      },
    );
  }
  err.write(`${renderPath(facts, clock.now())}\n\n`);
  const question = `Release run ${runId}? Its processes are killed, and what they were doing is lost. Type yes: `;
  const answer = await terminal.ask(question, new AbortController().signal);
  if (answer?.trim() === 'yes') return;
  throw new RunError('NOT_CONFIRMED', `nothing was released; to do it without being asked: ${command}`, {
    runId,
  });
}

function factsOf(facts: PathFacts, runId: string): CommandResult['json'] {
  const row = facts.rows.find((one) => one.runId === runId);
  const { workingPath, temporalWorkflowId } = facts;
  const run = { runId, temporalWorkflowId, ...(workingPath === null ? {} : { workingPath }) };
  return runJson({ ...run, ...(row && { workflow: row.workflow }) }, row?.status ?? null, null);
}

function released(facts: PathFacts, runId: string, done: Release): CommandResult {
  const { isTerminated, closedBoxes, ended, isProved, ending } = done;
  const what = [
    ...(isTerminated ? ['its execution is terminated'] : []),
    ...(closedBoxes > 0 ? [`${closedBoxes === 1 ? 'its box is' : 'its boxes are'} closed`] : []),
    ...(ended.length > 0
      ? [`${ended.length === 1 ? 'one process is' : `${ended.length} processes are`} gone`]
      : []),
    ...(ending === null ? [] : [`its row says ${ending.status}`]),
  ];
  const path = oneLine(facts.workingPath ?? facts.temporalWorkflowId, 4096);
  const proof = isProved ? 'nothing of it lives' : 'whether anything of it lives cannot be proved';
  const base = factsOf(facts, runId);
  return {
    exitCode: 0,
    json: {
      ...base,
      status: ending?.status ?? base['status'] ?? null,
      isTerminated,
      closedBoxes,
      endedProcesses: ended.map((process) => ({ ...process })),
      isProved,
    },
    text: `✓ run ${shortRunId(runId)} released from ${path}: ${[...what, proof].join('; ')}`,
  };
}
