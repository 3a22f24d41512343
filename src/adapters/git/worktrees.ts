import { join } from 'node:path';
import type { Box, BoxGeneration } from '../../ports/box.js';
import type { WorktreeTask } from '../../core/isolation/worktree-order.js';
import type { Worktrees } from '../../ports/worktrees.js';
import { GIT_ATTEMPT, makeBoxedGit } from './boxed-git.js';
import { findGitPrograms } from './git-programs.js';
import { gitEnvironment } from './git.js';
import { makeWorktree } from './make-worktree.js';

export interface WorktreesOptions {
  readonly box: Box;
  /** What commands of a run find in their environment. @throws RunError `ENVIRONMENT_UNREADABLE` */
  readonly environmentOf: (
    run: Pick<WorktreeTask, 'runId' | 'hasClientEnvironment'>,
  ) => Promise<Readonly<Record<string, string>>>;
}

/** Worktrees by the `git` program, in the boxes of their runs. */
export function makeWorktrees({ box, environmentOf }: WorktreesOptions): Worktrees {
  return {
    async make(task, making) {
      const { git: program, flock } = findGitPrograms();
      const { artifactsDir, graceMs } = task;
      const generation = generationOf(task);
      const variables = gitEnvironment(await environmentOf(task));
      // An attempt that Temporal believes lost may still be at it.
      await box.stopAttempt(generation, GIT_ATTEMPT, graceMs);
      const boxed = makeBoxedGit(
        {
          ...{ box, program, generation, graceMs },
          environment: variables,
          scratch: join(artifactsDir, '.signalbox', 'worktree'),
        },
        making.signal,
      );
      try {
        return await makeWorktree({ git: boxed.git, flock, now: Date.now }, task, making);
      } finally {
        await boxed.dispose();
      }
    },
  };
}

function generationOf({ runId, fenceToken }: WorktreeTask): BoxGeneration {
  return fenceToken === undefined ? { runId } : { runId, fenceToken };
}
