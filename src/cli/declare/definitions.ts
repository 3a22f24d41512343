import type { Command as Program } from 'commander';
import type { PlaceOptions } from '../commands/place.js';
import { usageError } from '../render/failure.js';
import { CWD, FOLDER, type Choose } from './shared-flags.js';

export function declareList(program: Program, choose: Choose): void {
  program
    .command('list')
    .description('workflows that can be run here')
    .option(...CWD)
    .option(...FOLDER)
    .action((options: PlaceOptions) => {
      choose(async (context) => (await import('../commands/list.js')).list(options)(context));
    });
}

export function declareDefinitions(program: Program, choose: Choose): void {
  declareList(program, choose);
  program
    .command('init')
    .description('write a first workflow, with comments, to begin with')
    .option(...CWD)
    .option(...FOLDER)
    .action((options: PlaceOptions) => {
      choose(async (context) => (await import('../commands/init.js')).init(options)(context));
    });
  program
    .command('validate')
    .description('check workflow or command files, and tell everything that is wrong')
    .usage('[options] [workflows | commands] [name]')
    .argument('[names...]', 'one workflow, or command; all by default')
    .option(...CWD)
    .option(...FOLDER)
    .action((names: readonly string[], options: PlaceOptions) => {
      const { what, name } = validated(names);
      const args = { ...options, ...(name === undefined ? {} : { name }) };
      choose(async (context) =>
        what === 'commands'
          ? (await import('../commands/validate-commands.js')).validateCommands(args)(context)
          : (await import('../commands/validate.js')).validate(args)(context),
      );
    });
}

interface Validated {
  readonly what: 'workflows' | 'commands';
  readonly name: string | undefined;
}

/** `validate x`, or `validate workflows x` and `validate commands x` as Archon spells it. */
function validated(names: readonly string[]): Validated {
  const [first, second, ...rest] = names;
  const isSpelledOut = first === 'workflows' || first === 'commands';
  if (rest.length > 0 || (second !== undefined && !isSpelledOut)) {
    throw usageError('validate takes one workflow, or none for all');
  }
  return isSpelledOut ? { what: first, name: second } : { what: 'workflows', name: first };
}
