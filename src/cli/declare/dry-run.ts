import type { Command as Program } from 'commander';
import { usageError } from '../render/failure.js';

/** How a dry run is to go. */
export interface DryRunFlags {
  readonly stubs?: string;
  readonly stubsInit?: string;
  readonly defaultStubs?: boolean;
  readonly execCode?: boolean;
  readonly pauseAtGates?: boolean;
}

/** Beside `--dry-run`; by attribute name, as typed. */
const OWN = [
  ['stubs', '--stubs <file>', 'what stands in for nodes: a YAML map by node id'],
  ['stubsInit', '--stubs-init <file>', 'write such a file, to be edited'],
  ['defaultStubs', '--default-stubs', 'a likely output for every node that has no stub'],
  ['execCode', '--exec-code', 'really run bash and script nodes that have no stub, here'],
  ['pauseAtGates', '--pause-at-gates', 'stop at gates, which are approved otherwise'],
] as const;

/** What a dry run, which acts on no directory and talks to no server, would do nothing with. */
const FOREIGN = [
  ['branch', '--branch'],
  ['from', '--from'],
  ['fromBranch', '--from-branch'],
  ['base', '--base'],
  ['worktree', '--worktree or --no-worktree'],
  ['folder', '--folder'],
  ['container', '--container'],
  ['resume', '--resume'],
  ['detach', '--detach'],
  ['onBusy', '--on-busy'],
  ['waitTimeout', '--wait-timeout'],
] as const;

export function declareDryRunFlags(command: Program): void {
  command.option('--dry-run', 'go through the workflow without running it: stubs play its nodes');
  for (const [, flags, meaning] of OWN) command.option(flags, `with --dry-run: ${meaning}`);
}

/**
 * What was typed about a dry run; null: none is wanted.
 * @throws RunError `USAGE` flags that do not go together
 */
export function readDryRunFlags(command: Program): DryRunFlags | null {
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const typed = OWN.find(([name]) => isGiven(name));
  if (!isGiven('dryRun')) {
    if (typed === undefined) return null;
    throw usageError(`${flagOf(typed)} goes with --dry-run; add that, or leave it out`);
  }
  const foreign = FOREIGN.find(([name]) => isGiven(name));
  if (foreign !== undefined) {
    throw usageError(`--dry-run does not go with ${foreign[1]}: it runs nothing; leave one of them out`);
  }
  if (isGiven('stubsInit') && (isGiven('stubs') || isGiven('defaultStubs'))) {
    throw usageError('--stubs-init writes a stub file and uses none; leave --stubs and --default-stubs out');
  }
  return command.opts<DryRunFlags>();
}

const flagOf = ([, flags]: (typeof OWN)[number]): string => flags.replace(/ .*$/, '');
