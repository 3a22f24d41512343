import type { Command as Program } from 'commander';
import type { RunsArguments } from '../commands/runs.js';
import { usageError } from '../render/failure.js';
import { CWD, FOLDER, RUN_ID, type Choose } from './shared-flags.js';

export function declareLooking(program: Program, choose: Choose): void {
  program
    .command('status')
    .description('runs that are not over, of every path')
    .action(() => {
      choose(async (context) => (await import('../commands/status.js')).status(context));
    });
  program
    .command('runs')
    .description('recent runs of this directory, and of worktrees of its repository')
    .option(...CWD)
    .option(...FOLDER)
    .option('--all', 'of every path')
    .option('--status <status>', 'only those')
    .option('--items', 'also the items of fan-outs')
    .option('--limit <count>', 'how many', toCount, 20)
    .action((options: RunsArguments) => {
      choose(async (context) => (await import('../commands/runs.js')).runs(options)(context));
    });
  program
    .command('get')
    .description('one run')
    .argument(...RUN_ID)
    .option('--verbose', 'its nodes, too')
    .option('--events', 'everything that happened, too')
    .action((runId: string, options: { verbose?: boolean; events?: boolean }) => {
      choose(async (context) => (await import('../commands/get.js')).get({ ...options, runId })(context));
    });
  program
    .command('logs')
    .description('what the nodes of a run wrote')
    .argument(...RUN_ID)
    .option('-f, --follow', 'go on until the run ends')
    .action((runId: string, options: { follow?: boolean }) => {
      choose(async (context) => (await import('../commands/logs.js')).logs({ ...options, runId })(context));
    });
}

const LARGEST_LIMIT = 1_000;

function toCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= LARGEST_LIMIT) return count;
  throw usageError(`--limit ${text} is no number from 1 to ${LARGEST_LIMIT}`);
}
