import type { Command as Program } from 'commander';
import { RUN_ID, type Choose } from './shared-flags.js';

export function declareQueue(program: Program, choose: Choose): void {
  const group = program.command('queue').description('runs that wait for a path');
  group
    .command('list')
    .description('who waits, in the order in which they will be served')
    .argument('[path]', 'for this directory; for any by default')
    .option('--folder', 'take the directory as it is, whatever repository it lies in')
    .action((path: string | undefined, options: { folder?: boolean }) => {
      const args = { ...options, ...(path === undefined ? {} : { path }) };
      choose(async (context) => (await import('../commands/queue.js')).queueList(args)(context));
    });
  group
    .command('leave')
    .description("give a run's place up; it is not started")
    .argument(...RUN_ID)
    .option('--reason <text>', 'why')
    .action((runId: string, options: { reason?: string }) => {
      choose(async (context) =>
        (await import('../commands/queue.js')).queueLeave({ ...options, runId })(context),
      );
    });
}
