import { Option, type Command as Program } from 'commander';
import { usageError } from '../render/failure.js';

/** Flags of `run` that Archon has and signalbox has not: met, they are refused. */
const LATER: readonly (readonly [flags: string, reason: string])[] = [
  ['--container', 'processes in a container are beyond what guards the working path; leave it out'],
  ['--workflow-source <directory>', 'workflows are read from .archon/workflows only; leave it out'],
  ['--conversation-id <id>', 'each run has a conversation of its own; leave it out'],
];

/** Makes the flags known, and hides them. */
export function declareLaterFlags(command: Program): void {
  for (const [flags] of LATER) command.addOption(new Option(flags).hideHelp());
}

/** @throws RunError `USAGE` when one was given */
export function refuseLaterFlags(command: Program): void {
  for (const [flags, reason] of LATER) {
    const option = new Option(flags);
    const name = option.attributeName();
    const isGiven = command.getOptionValueSource(name) === 'cli' && command.getOptionValue(name) !== false;
    if (isGiven) throw usageError(`--${option.name()}: ${reason}`);
  }
}
