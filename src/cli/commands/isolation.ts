import type { KnownWorktree, TidyResult } from '../../client/isolation/tidy-worktrees.js';
import { formatDuration } from '../../core/duration.js';
import { RunError } from '../../core/errors.js';
import type { RemovalRule } from '../../core/isolation/judge-removal.js';
import type { JsonObject } from '../../core/json.js';
import type { CliContext, Command, CommandResult } from '../context.js';
import { oneLine, plural, table } from '../render/text.js';
import { placeOf, type PlaceOptions } from './place.js';

const DAY_MS = 24 * 3_600_000;

/** Worktrees of runs: of this repository, or of all. */
export function isolationList(options: PlaceOptions & { readonly all?: boolean }): Command {
  return async (context) => {
    const repository = options.all === true ? null : await repositoryOf(context, options);
    const worktrees = await (await context.services.worktrees()).list(repository);
    return {
      exitCode: 0,
      json: { worktrees: worktrees.map(worktreeJson) },
      text: worktrees.length === 0 ? 'no worktrees of runs' : table(worktrees.map(rowOf)),
    };
  };
}

/** Removes worktrees that nobody needs, by a rule. */
export function isolationCleanup(options: PlaceOptions & { readonly rule: RemovalRule }): Command {
  return async (context) => {
    const repository = await repositoryOf(context, options);
    return told(await (await context.services.worktrees()).cleanUp(repository, options.rule), 0);
  };
}

/** Removes worktrees that are named, with their branches, here and at the remote. */
export function complete(
  options: PlaceOptions & { readonly branches: readonly string[]; readonly force?: boolean },
): Command {
  return async (context) => {
    const repository = await repositoryOf(context, options);
    const tidy = await context.services.worktrees();
    return told(await tidy.complete(repository, options.branches, options.force === true), 1);
  };
}

export function idleFor(days: number): RemovalRule {
  return { kind: 'idle', limitMs: days * DAY_MS };
}

/** @throws RunError `USAGE` */
export async function repositoryOf({ services, caller }: CliContext, options: PlaceOptions): Promise<string> {
  const repository = await services.repository(placeOf(caller, options));
  if (repository !== null) return repository;
  throw new RunError('USAGE', 'this directory is in no git repository; name one with --cwd');
}

function worktreeJson({ record, facts }: KnownWorktree): JsonObject {
  return { ...record, ...facts };
}

function rowOf({ record, facts }: KnownWorktree): readonly string[] {
  const marks = [
    ...(facts.isThere ? [] : ['gone']),
    ...(facts.hasOpenRun ? ['in use'] : []),
    ...(facts.isDirty ? ['changed'] : []),
    ...(facts.hasLooseCommits ? ['commits on no branch'] : []),
    ...(facts.isLocked ? ['locked'] : []),
    ...(facts.isMerged ? ['merged'] : []),
  ];
  const idle = `${formatDuration(facts.idleMs)} ago`;
  return [oneLine(record.branch), marks.join(', ') || '-', idle, oneLine(record.workingPath, 4096)];
}

/** @param statusWhenKept what to end with when one stays */
function told(results: readonly TidyResult[], statusWhenKept: number): CommandResult {
  const removed = results.filter(({ isRemoved }) => isRemoved).length;
  return {
    exitCode: results.some(({ fault }) => fault !== null)
      ? 1
      : removed === results.length
        ? 0
        : statusWhenKept,
    json: { results: results.map((result) => ({ ...result })) },
    text: [...results.map(lineOf), `${plural(removed, 'worktree')} removed`].join('\n'),
  };
}

function lineOf({ branch, isRemoved, isBranchRemoved, reason, fault }: TidyResult): string {
  const name = oneLine(branch);
  if (!isRemoved) return `${name} stays: ${fault ?? `it ${reason ?? ''}`}`;
  if (isBranchRemoved) return `${name} removed, with its branch`;
  return `${name} removed; its branch stays${fault === null ? '' : `: ${fault}`}`;
}
