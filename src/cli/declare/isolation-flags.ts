import { Option, type Command as Program } from 'commander';
import type { IsolationOptions } from '../../client/orchestrator.js';
import { usageError } from '../render/failure.js';

/** What the flags of `run` say of where it works. */
export interface IsolationFlags {
  readonly worktree?: boolean;
  readonly branch?: string;
  readonly from?: string;
  readonly fromBranch?: string;
  readonly base?: string;
}

export function declareIsolationFlags(command: Program, isDefault: boolean): void {
  command
    .option(
      '--worktree',
      isDefault ? 'in a git worktree of its own: the default' : 'in a git worktree of its own',
    )
    .option('--no-worktree', isDefault ? 'in the directory itself' : 'in the directory itself: the default')
    .option('-b, --branch <name>', 'in the worktree of this name, which is made where it is missing')
    .option('--from <commit>', 'where the branch of a new worktree begins')
    .option('--base <branch>', 'what a worktree is based on, and $BASE_BRANCH stands for')
    .addOption(new Option('--from-branch <commit>').hideHelp());
}

/** @throws RunError `USAGE` */
export function isolationOf(flags: IsolationFlags, isDefault: boolean): IsolationOptions {
  const { worktree, branch, from, fromBranch } = flags;
  if (from !== undefined && fromBranch !== undefined && from !== fromBranch) {
    throw usageError('--from and --from-branch are one flag; leave one of them out');
  }
  return { worktree, branch, from: from ?? fromBranch, isDefault };
}
