import type { Command } from '../context.js';

/** Told which command was chosen, with its arguments. */
export type Choose = (command: Command) => void;

export const CWD = ['--cwd <directory>', 'work there instead of here'] as const;
export const FOLDER = ['--folder', 'take the directory as it is, whatever repository it lies in'] as const;
export const RUN_ID = ['<run>', 'a run id, or a beginning that only it has'] as const;

/** What a flag that may be repeated has been given. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];
