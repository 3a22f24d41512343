import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { PathLocks } from '../../client/locks/path-locks.js';
import { RunError } from '../../core/errors.js';
import { isRunId } from '../../core/ids.js';
import type { PathFacts } from '../../core/locks/path-facts.js';
import type { CliContext, Command } from '../context.js';
import { usageError } from '../render/failure.js';
import { pathJson, renderPath, renderPaths } from '../render/locks.js';

/** Every path in use. */
export const locksList: Command = async ({ services }) => {
  const paths = await (await services.locks()).list();
  return {
    exitCode: 0,
    json: { paths: paths.map(pathJson) },
    text: paths.length === 0 ? 'no path is in use' : renderPaths(paths),
  };
};

export interface LocksTarget {
  /** A directory, or a whole run id. */
  readonly target: string;
  readonly folder?: boolean;
}

/** One path in full. */
export function locksShow(args: LocksTarget): Command {
  return async (context) => {
    const facts = await findPath(context, await context.services.locks(), args);
    return { exitCode: 0, json: pathJson(facts), text: renderPath(facts, context.clock.now()) };
  };
}

/** @throws RunError `RUN_NOT_FOUND` · `WORKING_PATH_INVALID` · `USAGE` */
export async function findPath(
  { services, caller }: CliContext,
  locks: PathLocks,
  { target, folder }: LocksTarget,
): Promise<PathFacts> {
  const runId = runIdIn(target);
  if (runId === null) {
    const directory = resolve(caller.directory, target);
    await refuseShortId(target, directory);
    return locks.of(await services.workingPath({ directory, isFolder: folder === true }));
  }
  const facts = await locks.ofRun(runId);
  if (facts !== null) return facts;
  throw new RunError(
    'RUN_NOT_FOUND',
    `nothing is known of a run ${runId} on this Temporal; see what there is with signalbox locks list`,
    { runId },
  );
}

/** The run id that a target is; null: it is a directory. */
export function runIdIn(target: string): string | null {
  const id = target.trim().toLowerCase();
  return isRunId(id) ? id : null;
}

/** People are used to typing beginnings of ids. */
async function refuseShortId(target: string, directory: string): Promise<void> {
  if (!/^[0-9a-f-]{4,35}$/i.test(target.trim())) return;
  const isThere = await stat(directory).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  throw usageError(
    `${target} is no directory here; if it is the beginning of a run id, write the whole id (signalbox get ${target} shows it)`,
  );
}
