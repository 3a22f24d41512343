import type { Command as Program } from 'commander';
import type { Choose } from './shared-flags.js';

const STACK = {
  up: 'bring up the local Temporal, database and worker',
  down: 'end them; data stays',
  ps: 'what of them is alive, and where',
} as const;

const OPERATING = {
  worker: 'serve the runs of this machine and user',
  setup: 'prepare a Temporal and a database of your own',
  doctor: 'check what runs depend on, and say what to do',
} as const;

const keysOf = <Name extends string>(table: Readonly<Record<Name, string>>): readonly Name[] =>
  Object.keys(table) as Name[];

export function declareServices(program: Program, choose: Choose): void {
  for (const name of keysOf(STACK)) {
    const command = program.command(name).description(STACK[name]);
    command.action(() => {
      choose(async (context) => (await import('../commands/stack.js'))[name](context));
    });
  }
  for (const name of keysOf(OPERATING)) {
    const command = program.command(name).description(OPERATING[name]);
    command.action(() => {
      choose(async (context) => (await import('../commands/operate.js'))[name](context));
    });
  }
  program.command('stack-supervisor', { hidden: true }).action(() => {
    choose(async (context) => (await import('../commands/operate.js')).superviseStack(context));
  });
}
