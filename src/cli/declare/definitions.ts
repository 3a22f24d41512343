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
    .description('check workflow files, and tell everything that is wrong')
    .usage('[options] [workflows] [name]')
    .argument('[names...]', 'one workflow; all by default')
    .option(...CWD)
    .option(...FOLDER)
    .action((names: readonly string[], options: PlaceOptions) => {
      const name = validated(names);
      const args = { ...options, ...(name === undefined ? {} : { name }) };
      choose(async (context) => (await import('../commands/validate.js')).validate(args)(context));
    });
}

/** `validate x`, or `validate workflows x` as Archon spells it. */
function validated(names: readonly string[]): string | undefined {
  const [first, second, ...rest] = names;
  if (first === 'commands')
    throw usageError('validate commands: command files are not built yet; type signalbox validate');
  const isArchonSpelling = first === 'workflows';
  if (rest.length > 0 || (second !== undefined && !isArchonSpelling)) {
    throw usageError('validate takes one workflow, or none for all');
  }
  return isArchonSpelling ? second : first;
}
