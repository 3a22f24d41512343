import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Box, BoxGeneration } from '../../ports/box.js';
import { QUIET_GIT, type Git } from './git.js';

/** Marks the processes of git in a run's box, as an attempt does those of a node. */
export const GIT_ATTEMPT = '~worktree';

export interface BoxedGitParts {
  readonly box: Pick<Box, 'enter' | 'stopAttempt'>;
  /** Absolute. */
  readonly program: string;
  readonly generation: BoxGeneration;
  readonly environment: Readonly<Record<string, string>>;
  /** Directory for what git prints; made, and removed with `dispose`. */
  readonly scratch: string;
  readonly graceMs: number;
}

/** Git whose processes live and die with the box of a run. */
export interface BoxedGit {
  readonly git: Git;
  dispose(): Promise<void>;
}

/** @param signal ends the call that is under way; who made it is told by the signal */
export function makeBoxedGit(parts: BoxedGitParts, signal: AbortSignal): BoxedGit {
  const { box, program, generation, environment, scratch, graceMs } = parts;
  const files = { stdoutPath: join(scratch, 'stdout'), stderrPath: join(scratch, 'stderr') };
  const stop = (): void => {
    // What it could not end is ended with the box.
    box.stopAttempt(generation, GIT_ATTEMPT, graceMs).catch(() => undefined);
  };
  return {
    git: async (words, workingPath) => {
      signal.throwIfAborted();
      await mkdir(scratch, { recursive: true, mode: 0o700 });
      signal.addEventListener('abort', stop, { once: true });
      try {
        const argv = [program, ...QUIET_GIT, ...words] as const;
        const exit = await box.enter({
          ...generation,
          attemptId: GIT_ATTEMPT,
          argv,
          workingPath,
          environment,
          ...files,
        });
        const [stdout, stderr] = await Promise.all(
          [files.stdoutPath, files.stderrPath].map((path) => readFile(path, 'utf8')),
        );
        return { status: exit.exitCode, stdout: stdout ?? '', stderr: stderr ?? '' };
      } finally {
        signal.removeEventListener('abort', stop);
        signal.throwIfAborted();
      }
    },
    dispose: () => rm(scratch, { recursive: true, force: true }),
  };
}
