import { CommanderError, type Command as Program } from 'commander';
import type { Command } from './context.js';
import { makeProgram } from './program.js';
import { usageError } from './render/failure.js';

/** What was typed, understood. */
export type Invocation =
  | { readonly kind: 'command'; readonly command: Command }
  /** Help, or the version. */
  | { readonly kind: 'text'; readonly text: string }
  /** No command at all: the help, as an error. */
  | { readonly kind: 'nothing'; readonly text: string };

/**
 * Reads a command line. Never prints, never ends the process.
 * @throws RunError `USAGE`
 */
export function parseArguments(argv: readonly string[], version: string): Invocation {
  const chosen: Command[] = [];
  let text = '';
  const program = makeProgram(version, (command) => {
    chosen.push(command);
  });
  const capture = (piece: string): void => {
    text += piece;
  };
  for (const one of [program, ...program.commands, ...program.commands.flatMap((group) => group.commands)]) {
    one.exitOverride().configureOutput({ writeOut: capture, writeErr: capture });
  }
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.help' && error.exitCode !== 0) return { kind: 'nothing', text };
    if (error.exitCode === 0) return { kind: 'text', text };
    throw usageError(sentence(error.message, helpFor(program, argv)));
  }
  const [command] = chosen;
  return command === undefined ? { kind: 'nothing', text } : { kind: 'command', command };
}

/** What tells more about the command that was meant. */
function helpFor(program: Program, [name = '']: readonly string[]): string {
  const command = program.commands.find((one) => one.name() === name || one.aliases().includes(name));
  return command === undefined ? 'signalbox help' : `signalbox help ${command.name()}`;
}

/** `error: unknown option '--jsn'\n(Did you mean --json?)` as one sentence. */
function sentence(message: string, help: string): string {
  const plain = message.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?');
  return plain.endsWith('?') ? plain : `${plain}; ${help} tells what there is`;
}
