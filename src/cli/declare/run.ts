import type { Command as Program } from 'commander';
import type { OnBusy } from '../../client/orchestrator.js';
import type { PlaceOptions } from '../commands/place.js';
import { usageError } from '../render/failure.js';
import { declareDryRunFlags, readDryRunFlags } from './dry-run.js';
import { collect, CWD, FOLDER, type Choose } from './shared-flags.js';
import { declareIsolationFlags, isolationOf, type IsolationFlags } from './isolation-flags.js';
import { declareLaterFlags, refuseLaterFlags } from './later.js';
import { parseOnBusy, parseWait } from './on-busy.js';

interface RunOptions extends PlaceOptions, IsolationFlags {
  readonly onBusy?: OnBusy;
  /** In milliseconds. */
  readonly waitTimeout?: number;
  readonly input?: readonly string[];
  readonly detach?: boolean;
  readonly resume?: boolean;
}

export function declareRun(
  command: Program,
  choose: Choose,
  { isArchonSpelling }: { isArchonSpelling: boolean },
): void {
  command
    .description('run a workflow in this directory')
    .argument('<workflow>', 'its name, or a part that only it has')
    .argument('[message...]', 'what the run is told')
    .option(...CWD)
    .option(...FOLDER)
    .option('-i, --input <name=value>', 'an input of the workflow; may be repeated', collect)
    .option('--on-busy <what>', 'when the path is in use: fail, wait, attach or replace', parseOnBusy)
    .option('--wait-timeout <duration>', 'with --on-busy wait: give up after this long', parseWait)
    .option('--resume', 'let its newest run here go on that has failed or was ended, instead of starting one')
    .option('-d, --detach', 'start the run and return');
  declareIsolationFlags(command, isArchonSpelling);
  declareDryRunFlags(command);
  declareLaterFlags(command);
  command.action((workflow: string, words: readonly string[], options: RunOptions) => {
    const dryRun = readDryRunFlags(command);
    if (dryRun !== null) {
      const args = { ...options, ...dryRun, input: options.input ?? [], workflow, words };
      choose(async (context) => (await import('../commands/dry-run.js')).dryRun(args)(context));
      return;
    }
    refuseLaterFlags(command);
    if (options.waitTimeout !== undefined && options.onBusy !== 'wait') {
      throw usageError('--wait-timeout goes with --on-busy wait; add that, or leave it out');
    }
    if (options.resume === true) {
      refuseBesideResume(options, words);
      choose(async (context) =>
        (await import('../commands/resume-latest.js')).resumeLatest({ ...options, workflow })(context),
      );
      return;
    }
    const { input = [] } = options;
    const isolation = isolationOf(options, isArchonSpelling);
    choose(async (context) =>
      (await import('../commands/run.js')).run({ ...options, input, isolation, workflow, words })(context),
    );
  });
}

/** @throws RunError `USAGE` */
function refuseBesideResume(options: RunOptions, words: readonly string[]): void {
  const { branch, from, fromBranch, base, worktree, input, onBusy } = options;
  const given = [branch, from, fromBranch, base, worktree, input, onBusy, words[0]];
  if (given.every((one) => one === undefined)) return;
  throw usageError(
    '--resume goes on with what its run was started with: leave message, --input, --on-busy, --branch, --from, --base, --worktree and --no-worktree out',
  );
}
