import type { WorkflowDefinition } from '../core/definition/definition.js';
import { shellQuote } from '../core/expression/shell-binding.js';
import { chooseIsolation } from '../core/isolation/choose-isolation.js';
import { planWorktree, type WorktreeGround } from '../core/isolation/plan-worktree.js';
import { automaticIdentifier } from '../core/isolation/worktree-name.js';
import type { WorktreeSettings } from '../core/isolation/worktree-order.js';
import { RunError } from '../core/errors.js';
import { asWorkingPath } from '../core/lease/working-path.js';
import type { Repositories, RepositorySight } from '../ports/worktrees.js';
import type { IsolationOptions, StartOptions } from './orchestrator.js';
import type { StartPlace } from './start-run.js';

export interface IsolationPorts {
  readonly repositories: Repositories;
  readonly archonHome: string;
}

export interface IsolationQuestion {
  /** Where the run would work in place. */
  readonly place: StartPlace;
  readonly definition: Pick<WorkflowDefinition, 'name' | 'worktree'>;
  readonly settings: WorktreeSettings;
  readonly options: Pick<StartOptions, 'isolation' | 'baseBranch' | 'isFolder' | 'worker'>;
}

/** Where runs of one start may work. */
export interface IsolatedPlaces {
  /** Nobody has named the worktree: in the place of one that is taken, another will do. */
  readonly isAutomatic: boolean;
  /** @param epochMs part of the name of a worktree that nobody has named */
  at(epochMs: number): Promise<StartPlace>;
}

/**
 * Whether a run gets a worktree of its own, and which: its path is known before it is made, since it is what the run
 * holds the lease on.
 * @throws RunError `USAGE` · `WORKING_PATH_INVALID` · `WORKTREE_FAILED`
 */
export async function planIsolation(
  ports: IsolationPorts,
  { place: asked, definition, settings, options }: IsolationQuestion,
): Promise<IsolatedPlaces> {
  const { isolation = {}, baseBranch: base, isFolder, worker } = options;
  const { isWanted, ...how } = settings;
  const baseBranch = base ?? settings.baseBranch;
  const place = { ...asked, ...(baseBranch === null ? {} : { baseBranch }) };
  // Files of another machine tell nothing here.
  const repository =
    worker === undefined ? await ports.repositories.find(place.workingPath, settings.remote) : null;
  const isBroken =
    worker === undefined && repository === null && (await ports.repositories.isBroken(place.workingPath));
  const chosen = chooseIsolation({
    wish: { ...isolation, base, isFolder },
    definition: definition.worktree,
    config: isWanted,
    isDefault: isolation.isDefault === true,
    hasRepository: repository !== null || isBroken,
  });
  if (repository === null) {
    if (chosen === 'worktree') throw unreadable(place.workingPath);
    return { isAutomatic: false, at: () => Promise.resolve(place) };
  }
  const { directory, remoteUrl } = repository;
  const archonHome = await ports.repositories.futurePath(ports.archonHome);
  const ground = { repository: { directory, remoteUrl }, settings: how, archonHome };
  const grounded = { ...place, worktrees: ground };
  if (chosen === 'in-place') return { isAutomatic: false, at: () => Promise.resolve(grounded) };
  const { branch } = isolation;
  return {
    isAutomatic: branch === undefined,
    at: (epochMs) => {
      const identifier = branch ?? automaticIdentifier(definition.name, epochMs);
      return worktreePlace(ports, { place: grounded, repository, identifier, base, isolation });
    },
  };
}

/** Whoever was to be kept out of a checkout must not end in it because that is broken. */
function unreadable(workingPath: string): RunError {
  return new RunError(
    'WORKTREE_FAILED',
    `the worktree cannot be made: ${workingPath}/.git leads to no repository that this user may read. See git -C ${shellQuote(workingPath)} status, or work in the directory itself with --no-worktree`,
    { path: workingPath },
  );
}

async function worktreePlace(
  { repositories }: IsolationPorts,
  wish: {
    readonly place: StartPlace & { readonly worktrees: WorktreeGround };
    readonly repository: RepositorySight;
    readonly identifier: string;
    readonly base: string | undefined;
    readonly isolation: IsolationOptions;
  },
): Promise<StartPlace> {
  const { place, repository, identifier, base, isolation } = wish;
  if (identifier.trim() === '') throw new RunError('USAGE', '--branch is empty; name it, or leave it out');
  const task = { identifier, from: isolation.from ?? null, base: base ?? null };
  const { workingPath, order } = planWorktree(place.worktrees, task);
  // Whoever made it: where the branch is checked out already, there it is.
  const found = await repository.worktreeOf(order.branch);
  const path = found ?? (await repositories.futurePath(workingPath));
  return { ...place, workingPath: asWorkingPath(path), worktree: order };
}
