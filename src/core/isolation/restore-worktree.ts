import { shellQuote } from '../expression/shell-binding.js';
import type { WorktreeOrder } from './worktree-order.js';

/** The command that puts a worktree back whose directory is gone: with its branch, without what was not committed. */
export function restoreCommand(
  workingPath: string,
  { repository, branch }: Pick<WorktreeOrder, 'repository' | 'branch'>,
): string {
  const words = ['worktree', 'add', '--force', '--', shellQuote(workingPath), shellQuote(branch)];
  return `git -C ${shellQuote(repository)} ${words.join(' ')}`;
}
