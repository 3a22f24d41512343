import type { Command as Program } from 'commander';
import type { OnBusy } from '../../client/orchestrator.js';
import type { PlaceOptions } from '../commands/place.js';
import { usageError } from '../render/failure.js';
import { shellWord } from '../render/text.js';
import { CWD, FOLDER, type Choose } from './shared-flags.js';
import { declareLaterFlags, refuseLaterFlags } from './later.js';
import { parseOnBusy, parseWait } from './on-busy.js';

interface RunOptions extends PlaceOptions {
  readonly onBusy?: OnBusy;
  /** In milliseconds. */
  readonly waitTimeout?: number;
  readonly base?: string;
  readonly input?: readonly string[];
  readonly detach?: boolean;
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
    .option('--base <branch>', 'what $BASE_BRANCH stands for')
    .option('-i, --input <name=value>', 'an input of the workflow; may be repeated', collect)
    .option('--no-worktree', isArchonSpelling ? 'work in the directory itself (required)' : 'the default')
    .option('--on-busy <what>', 'when the path is in use: fail, wait, attach or replace', parseOnBusy)
    .option('--wait-timeout <duration>', 'with --on-busy wait: give up after this long', parseWait)
    .option('-d, --detach', 'start the run and return');
  declareLaterFlags(command);
  command.action((workflow: string, words: readonly string[], options: RunOptions) => {
    refuseLaterFlags(command);
    // Archon works in a new worktree unless told otherwise; in place by surprise would be worse than an error.
    const isInPlace = !isArchonSpelling || command.getOptionValueSource('worktree') === 'cli';
    if (!isInPlace) throw worktreeMissing(workflow);
    if (options.waitTimeout !== undefined && options.onBusy !== 'wait') {
      throw usageError('--wait-timeout goes with --on-busy wait; add that, or leave it out');
    }
    choose(async (context) =>
      (await import('../commands/run.js')).run({ ...options, input: options.input ?? [], workflow, words })(
        context,
      ),
    );
  });
}

function worktreeMissing(workflow: string): Error {
  return usageError(
    `workflow run works in a worktree of its own, and those are not built yet; add --no-worktree, or type signalbox run ${shellWord(workflow)}`,
  );
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
