import { RunError } from '../errors.js';
import type { WorkingPath } from '../ids.js';
import { asWorkingPath } from '../lease/working-path.js';
import { projectName } from './project-name.js';
import { childIdentifier, taskBranch, type ChildName } from './worktree-name.js';
import type { WorktreeOrder, WorktreeSettings } from './worktree-order.js';

/** A repository as its files show it, from wherever one looks. */
export interface RepositoryFacts {
  /** Main checkout, absolute and real. */
  readonly directory: string;
  /** URL of the remote that stands for it; null: it has none. */
  readonly remoteUrl: string | null;
}

/** What a worktree is made of. */
export interface WorktreeGround {
  readonly repository: RepositoryFacts;
  readonly settings: WorktreeSettings;
  /** `$ARCHON_HOME`, absolute and real. */
  readonly archonHome: string;
}

export interface WorktreeTask {
  readonly identifier: string;
  readonly from: string | null;
  /** Null: the config says, else git. */
  readonly base: string | null;
}

/** A run's worktree before it exists: where it will lie, and how it is to be made. */
export interface WorktreePlan {
  readonly workingPath: WorkingPath;
  readonly order: WorktreeOrder;
}

/** What git would take for an option, or for several words. */
const UNSAFE_REF = /^-|^$|[\0\s]/;

/**
 * The worktree of a task. Places are Archon's, and frozen by tests: one name must not have two places.
 * @throws RunError `USAGE` a name that git takes for no ref
 */
export function planWorktree(ground: WorktreeGround, task: WorktreeTask): WorktreePlan {
  const { repository, settings } = ground;
  const branch = taskBranch(task.identifier);
  const baseBranch = task.base ?? settings.baseBranch;
  for (const ref of [task.from, baseBranch]) if (ref !== null) requireRef(ref);
  return {
    workingPath: asWorkingPath(`${folderOf(ground)}/${branch}`),
    order: {
      repository: repository.directory,
      identifier: task.identifier,
      branch,
      from: task.from,
      baseBranch,
      remote: settings.remote,
      copyFiles: settings.copyFiles,
      initSubmodules: settings.initSubmodules,
    },
  };
}

/** The worktree of a sub-run, with the base of its parent: the same each time that the parent is resumed. */
export function planChildWorktree(
  ground: WorktreeGround,
  child: ChildName & { readonly base: string | null },
): WorktreePlan {
  return planWorktree(ground, { identifier: childIdentifier(child), from: null, base: child.base });
}

function folderOf({ repository, settings, archonHome }: WorktreeGround): string {
  const { directory, remoteUrl } = repository;
  if (settings.path !== null) return [directory, ...segmentsOf(settings.path)].join('/');
  const [owner, name] = projectName(directory, remoteUrl);
  return [archonHome, 'workspaces', owner, name, 'worktrees'].join('/');
}

/** `./trees/` is `trees`. */
function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

function requireRef(ref: string): void {
  if (!UNSAFE_REF.test(ref)) return;
  throw new RunError(
    'USAGE',
    `${JSON.stringify(ref)} is no name of a branch or commit; see git branch --list`,
  );
}
