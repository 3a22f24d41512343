import type { Command as Program } from 'commander';
import type { RemovalRule } from '../../core/isolation/judge-removal.js';
import type { PlaceOptions } from '../commands/place.js';
import { usageError } from '../render/failure.js';
import { collect, CWD, type Choose } from './shared-flags.js';

const USUAL_DAYS = 7;

export function declareIsolation(program: Program, choose: Choose): void {
  const group = program.command('isolation').description('worktrees of runs');
  group
    .command('list')
    .description('those of this repository, and what keeps them')
    .option(...CWD)
    .option('--all', 'of every repository')
    .action((options: PlaceOptions & { all?: boolean }) => {
      choose(async (context) => (await import('../commands/isolation.js')).isolationList(options)(context));
    });
  group
    .command('cleanup')
    .description('remove those long unused; none that a run is in, or that holds changes')
    .argument('[days]', 'unused for so long', String(USUAL_DAYS))
    .option(...CWD)
    .option('--merged', 'those whose work has arrived in their base, however lately they were used')
    .option(
      '--include-closed',
      'with --merged: those whose pull request was closed, too (asks GitHub, with gh)',
    )
    .action((days: string, options: CleanupOptions) => {
      const limit = daysOf(days, options);
      choose(async (context) => {
        const { idleFor, isolationCleanup } = await import('../commands/isolation.js');
        const rule = options.merged === true ? arrived(options) : idleFor(limit);
        return isolationCleanup({ ...options, rule })(context);
      });
    });
  program
    .command('complete')
    .description('remove worktrees whose work is done, with their branches, here and at the remote')
    .argument('<branch...>', 'its branch, or what --branch called it')
    .option(...CWD)
    .option('--force', 'also branches whose commits are nowhere else')
    .action((branches: readonly string[], options: PlaceOptions & { force?: boolean }) => {
      choose(async (context) =>
        (await import('../commands/isolation.js')).complete({ ...options, branches })(context),
      );
    });
  declareContinue(program, choose);
}

function declareContinue(program: Program, choose: Choose): void {
  program
    .command('continue')
    .description('run a workflow in the worktree of a branch, and tell it what has happened there')
    .argument('<branch>', 'its branch, or what --branch called it')
    .argument('[message...]', 'what is to be done now')
    .requiredOption('-w, --workflow <name>', 'the workflow; there is no default')
    .option(...CWD)
    .option('--no-context', 'say nothing of what has happened there')
    .option('-i, --input <name=value>', 'an input of the workflow; may be repeated', collect)
    .option('-d, --detach', 'start the run and return')
    .action((branch: string, words: readonly string[], options: ContinueOptions) => {
      const { input = [] } = options;
      choose(async (context) =>
        (await import('../commands/continue.js')).continueBranch({ ...options, input, branch, words })(
          context,
        ),
      );
    });
}

interface ContinueOptions extends PlaceOptions {
  readonly workflow: string;
  readonly context: boolean;
  readonly input?: readonly string[];
  readonly detach?: boolean;
}

interface CleanupOptions extends PlaceOptions {
  readonly merged?: boolean;
  readonly includeClosed?: boolean;
}

const arrived = ({ includeClosed }: CleanupOptions): RemovalRule =>
  includeClosed === true ? { kind: 'closed' } : { kind: 'merged' };

/** @throws RunError `USAGE` */
function daysOf(days: string, { merged, includeClosed }: CleanupOptions): number {
  if (includeClosed === true && merged !== true) {
    throw usageError('--include-closed goes with --merged; add that, or leave it out');
  }
  const limit = Number(days);
  if (!/^\d{1,4}$/.test(days)) throw usageError(`${days} is no number of days from 0 to 9999`);
  if (merged === true && limit !== USUAL_DAYS) {
    throw usageError('--merged asks for no number of days; leave one of them out');
  }
  return limit;
}
