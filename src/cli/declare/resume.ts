import type { Command as Program } from 'commander';
import { RUN_ID, type Choose } from './shared-flags.js';

export function declareResume(program: Program, choose: Choose): void {
  program
    .command('resume')
    .description('let a run go on that has failed or was ended; what it has completed is kept')
    .argument(...RUN_ID)
    .option('-d, --detach', 'resume the run and return')
    .action((runId: string, options: { detach?: boolean }) => {
      choose(async (context) =>
        (await import('../commands/resume.js')).resume({ ...options, runId })(context),
      );
    });
}
