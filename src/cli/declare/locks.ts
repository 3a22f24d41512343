import type { Command as Program } from 'commander';
import { FOLDER, type Choose } from './shared-flags.js';

const TARGET = ['<path-or-run>', 'a directory, or a whole run id'] as const;

export function declareLocks(program: Program, choose: Choose): void {
  const group = program.command('locks').description('who has which path, layer by layer');
  group
    .command('list')
    .description('every path in use, where its layers disagree, and what happens next')
    .action(() => {
      choose(async (context) => (await import('../commands/locks.js')).locksList(context));
    });
  group
    .command('show')
    .description('one path in full, with its processes')
    .argument(...TARGET)
    .option(...FOLDER)
    .action((target: string, options: { folder?: boolean }) => {
      choose(async (context) =>
        (await import('../commands/locks.js')).locksShow({ ...options, target })(context),
      );
    });
  group
    .command('release')
    .description('end a run by force: kill, prove, close; it loses what it was doing')
    .argument(...TARGET)
    .option('--run <id>', 'the whole id of the run to be released, when a directory is named')
    .option(
      '--force',
      'do not ask; and release runs of a machine that is silent, where nothing can be proved',
    )
    .option('--reason <text>', 'why')
    .option(...FOLDER)
    .action((target: string, options: { run?: string; force?: boolean; reason?: string }) => {
      choose(async (context) =>
        (await import('../commands/release.js')).locksRelease({ ...options, target })(context),
      );
    });
}
