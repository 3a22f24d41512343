import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ownDirectory } from './repository-lock.js';

/** What is noted of a worktree while it is being made. */
export interface Making {
  readonly workingPath: string;
  readonly branch: string;
  /** Where the branch was made; null: it was there before. As long as nobody moves it, it may be made anew. */
  readonly madeAt: string | null;
}

/**
 * Worktrees of a repository that are being made, noted before the first step and struck off after the last. What is
 * found unfinished and noted was left by an attempt that is over, and nobody has worked in it.
 */
export interface MakingRegister {
  find(workingPath: string): Promise<Making | null>;
  note(making: Making): Promise<void>;
  strikeOff(workingPath: string): Promise<void>;
}

export async function openMakingRegister(commonDirectory: string): Promise<MakingRegister> {
  const directory = join(await ownDirectory(commonDirectory), 'making');
  const fileOf = (workingPath: string): string =>
    join(directory, createHash('sha256').update(workingPath).digest('hex').slice(0, 32));
  return {
    find: async (workingPath) => {
      const text = await readFile(fileOf(workingPath), 'utf8').catch(() => null);
      return text === null ? null : (JSON.parse(text) as Making);
    },
    note: async (making) => {
      const file = fileOf(making.workingPath);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.draft`, JSON.stringify(making));
      await rename(`${file}.draft`, file);
    },
    strikeOff: (workingPath) => rm(fileOf(workingPath), { force: true }),
  };
}
