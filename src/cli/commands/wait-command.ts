import { oneLine, shellWord } from '../render/text.js';
import type { RunArguments } from './run.js';

/** Longer than that nobody reads, or types. */
const LONGEST = 300;

/** What queues the same start; null: it does not fit a line. */
export function waitCommand({ workflow, words, input, base, cwd, folder }: RunArguments): string | null {
  const options = [
    ...input.flatMap((one) => ['--input', one]),
    ...(base === undefined ? [] : ['--base', base]),
    ...(cwd === undefined ? [] : ['--cwd', cwd]),
    ...(folder === true ? ['--folder'] : []),
    '--on-busy',
    'wait',
  ];
  const message = words.some((word) => word.startsWith('-')) ? ['--', ...words] : words;
  const command = ['signalbox', 'run', workflow, ...options, ...message].map(shellWord).join(' ');
  return oneLine(command, LONGEST) === command ? command : null;
}
