import { leftFiles } from '../../client/isolation/left-files.js';
import type { IsolationOptions } from '../../client/orchestrator.js';
import { RunError } from '../../core/errors.js';
import { continuationMessage } from '../../core/isolation/continuation.js';
import { taskBranch } from '../../core/isolation/worktree-name.js';
import type { EnvironmentRecord } from '../../ports/isolation-table.js';
import type { CliContext, Command } from '../context.js';
import { oneLine } from '../render/text.js';
import { repositoryOf } from './isolation.js';
import type { PlaceOptions } from './place.js';
import { run } from './run.js';

export interface ContinueArguments extends PlaceOptions {
  /** Its branch, or what `--branch` called it. */
  readonly branch: string;
  readonly workflow: string;
  readonly words: readonly string[];
  readonly input: readonly string[];
  /** Whether the run is told what has happened there. */
  readonly context: boolean;
  readonly detach?: boolean;
}

/** Runs a workflow in the worktree of a branch, and tells it what has happened there. */
export function continueBranch(args: ContinueArguments): Command {
  return async (context) => {
    const record = await recordOf(context, args);
    const instruction = args.words.join(' ');
    const message = args.context ? await messageFor(context, record, instruction) : instruction;
    context.err.write(`continuing on ${oneLine(record.branch)} in ${oneLine(record.workingPath, 4096)}\n`);
    const { workflow, input, detach } = args;
    const common = { workflow, input, words: message === '' ? [] : [message], ...(detach && { detach }) };
    return run({ ...common, ...whereOf(args, record) })(context);
  };
}

/** @throws RunError `USAGE` */
async function recordOf(context: CliContext, args: ContinueArguments): Promise<EnvironmentRecord> {
  const repository = await repositoryOf(context, args);
  const record = await (await context.services.worktrees()).find(repository, args.branch);
  if (record !== null) return record;
  throw new RunError(
    'USAGE',
    `${JSON.stringify(args.branch)} is no worktree of a run here; see signalbox isolation list`,
  );
}

/** As `--branch` names it, which leads to it; what that cannot name is worked in as it is. */
function whereOf(
  { cwd }: PlaceOptions,
  { identifier, branch, workingPath }: EnvironmentRecord,
): PlaceOptions & { readonly isolation: IsolationOptions } {
  if (taskBranch(identifier) !== branch) return { cwd: workingPath, isolation: { worktree: false } };
  return { ...(cwd === undefined ? {} : { cwd }), isolation: { branch: identifier } };
}

async function messageFor(
  { services }: CliContext,
  record: EnvironmentRecord,
  instruction: string,
): Promise<string> {
  const story = await (await services.worktrees()).tell(record);
  const filter = { workingPath: record.workingPath, statuses: null, subRuns: 'none', limit: 1 } as const;
  const [last = null] = (await (await services.orchestrator()).list(filter)).runs;
  if (last === null) return continuationMessage({ story, run: null, files: [], instruction });
  const { error } = last.metadata;
  const files = await leftFiles(last.outputRoot, last.runId);
  const former = { ...last, error: typeof error === 'string' ? error : null };
  return continuationMessage({ story, run: former, files, instruction });
}
