import { oneLine, shellWord } from '../render/text.js';
import type { RunArguments } from './run.js';

/** Longer than that nobody reads, or types. */
const LONGEST = 300;

/** What queues the same start; null: it does not fit a line. */
export function waitCommand(args: RunArguments): string | null {
  const { worktree, branch, from } = args.isolation;
  return sameCommand(args, [
    ...(worktree === undefined ? [] : [worktree ? '--worktree' : '--no-worktree']),
    ...(branch === undefined ? [] : ['--branch', branch]),
    ...(from === undefined ? [] : ['--from', from]),
    ...['--on-busy', 'wait'],
  ]);
}

/** What starts the same in a worktree of its own; null: it does not fit a line. */
export function worktreeCommand(args: RunArguments): string | null {
  return sameCommand(args, ['--branch', 'NAME']);
}

function sameCommand(
  { workflow, words, input, base, cwd, folder }: RunArguments,
  other: readonly string[],
): string | null {
  const options = [
    ...input.flatMap((one) => ['--input', one]),
    ...(base === undefined ? [] : ['--base', base]),
    ...(cwd === undefined ? [] : ['--cwd', cwd]),
    ...(folder === true ? ['--folder'] : []),
    ...other,
  ];
  const message = words.some((word) => word.startsWith('-')) ? ['--', ...words] : words;
  const command = ['signalbox', 'run', workflow, ...options, ...message].map(shellWord).join(' ');
  return oneLine(command, LONGEST) === command ? command : null;
}
