import type { Command as Program } from 'commander';
import type { Command } from '../context.js';
import { usageError } from '../render/failure.js';
import { RUN_ID, type Choose } from './shared-flags.js';

const NODE = ['--node <node>', 'which gate, when several wait'] as const;

interface DecisionOptions {
  readonly node?: string;
  readonly comment?: string;
  readonly reason?: string;
  readonly text?: string;
}

export function declareDeciding(program: Program, choose: Choose): void {
  for (const decision of ['approve', 'reject'] as const) {
    program
      .command(decision)
      .description(`${decision} what a run waits for`)
      .argument(...RUN_ID)
      .argument('[comment...]', 'what the run is told')
      .option(...NODE)
      .option('--comment <text>', 'the same as the words')
      .option('--reason <text>', 'the same as the words')
      .action((runId: string, words: readonly string[], options: DecisionOptions) => {
        choose(decideWith({ runId, decision, words, options }));
      });
  }
  program
    .command('respond')
    .description('give a run one of the decisions that it offers')
    .argument(...RUN_ID)
    .argument('<decision>', 'as the gate declares it')
    .argument('[text...]', 'what the run is told')
    .option(...NODE)
    .option('--comment <text>', 'the same as the words')
    .option('--text <text>', 'the same as the words')
    .action((runId: string, decision: string, words: readonly string[], options: DecisionOptions) => {
      choose(decideWith({ runId, decision, words, options }));
    });
  program
    .command('cancel')
    .alias('abandon')
    .description('end a run, and wait until nothing of it is alive')
    .argument(...RUN_ID)
    .option('--reason <text>', 'why')
    .option('--wait', 'until it has ended; the default')
    .option('--no-wait', 'return as soon as the run knows')
    .action((runId: string, options: { reason?: string; wait?: boolean }) => {
      const args = { ...options, runId, wait: options.wait !== false };
      choose(async (context) => (await import('../commands/cancel.js')).cancel(args)(context));
    });
}

interface Decision {
  readonly runId: string;
  readonly decision: string;
  readonly words: readonly string[];
  readonly options: DecisionOptions;
}

function decideWith({ runId, decision, words, options }: Decision): Command {
  const { node, comment, reason, text } = options;
  const said = [words.length === 0 ? undefined : words.join(' '), comment, reason, text].filter(
    (one) => one !== undefined,
  );
  if (said.length > 1)
    throw usageError(`${decision}: the comment is given ${said.length} times; give it once`);
  const args = {
    runId,
    decision,
    ...(said[0] === undefined ? {} : { text: said[0] }),
    ...(node === undefined ? {} : { node }),
  };
  return async (context) => (await import('../commands/decide.js')).decide(args)(context);
}
