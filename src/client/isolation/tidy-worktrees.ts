import { RunError } from '../../core/errors.js';
import {
  judgeRemoval,
  type Removal,
  type RemovalFacts,
  type RemovalRule,
} from '../../core/isolation/judge-removal.js';
import { taskBranch } from '../../core/isolation/worktree-name.js';
import type { WorktreeStory } from '../../core/isolation/worktree-story.js';
import type { Clock } from '../../ports/clock.js';
import type { EnvironmentRecord, IsolationRows } from '../../ports/isolation-table.js';
import type { PullRequests } from '../../ports/pull-requests.js';
import type { WorktreeCare } from '../../ports/worktree-care.js';

export interface TidyPorts {
  readonly rows: IsolationRows;
  readonly care: WorktreeCare;
  readonly clock: Clock;
  /** Whether Temporal has a run on a path. @throws RunError `TEMPORAL_UNREACHABLE` */
  readonly isHeld: (workingPath: string) => Promise<boolean>;
  /** What the branches of a repository are based on; empty: git does not tell. */
  readonly baseBranch: (repository: string) => Promise<string>;
  readonly pullRequests: PullRequests;
}

/** A worktree of a run, and what is known of it. */
export interface KnownWorktree {
  readonly record: EnvironmentRecord;
  readonly facts: RemovalFacts;
}

/** What became of a worktree that was to go. */
export interface TidyResult {
  readonly branch: string;
  readonly workingPath: string | null;
  readonly isRemoved: boolean;
  readonly isBranchRemoved: boolean;
  /** Why it may not go: "it …"; null: it may. */
  readonly reason: string | null;
  /** What git said when it, or its branch, could not be removed; null: nothing. */
  readonly fault: string | null;
}

/** Worktrees of runs, by their rows: seen and removed. */
export interface WorktreeTidy {
  /** @param repository main checkout; null: of all repositories */
  list(repository: string | null): Promise<readonly KnownWorktree[]>;
  /** The one that is called so, by branch or as `--branch` named it; null: none is. */
  find(repository: string, name: string): Promise<EnvironmentRecord | null>;
  /** What has happened in one. */
  tell(record: EnvironmentRecord): Promise<WorktreeStory>;
  /** Removes those of a repository that may go by a rule, and tells of all. */
  cleanUp(repository: string, rule: RemovalRule): Promise<readonly TidyResult[]>;
  /** Removes those that are named, by branch or as `--branch` named them. */
  complete(repository: string, names: readonly string[], isForced: boolean): Promise<readonly TidyResult[]>;
}

/**
 * Removes no worktree that a run is in, by the word of Temporal and of the tables, nor one that holds what is nowhere
 * else.
 */
export function makeWorktreeTidy(ports: TidyPorts): WorktreeTidy {
  const list = async (repository: string | null): Promise<readonly KnownWorktree[]> => {
    const known: KnownWorktree[] = [];
    for (const record of await ports.rows.active(repository)) {
      known.push({ record, facts: await factsOf(ports, record) });
    }
    return known;
  };
  return {
    list,
    find: async (repository, name) =>
      (await ports.rows.active(repository)).find((record) => isCalled(record, name)) ?? null,
    tell: (record) => storyOf(ports, record),
    cleanUp: async (repository, rule) => {
      const results: TidyResult[] = [];
      for (const record of await ports.rows.active(repository)) results.push(await tidy(ports, record, rule));
      return results;
    },
    complete: async (repository, names, isForced) => {
      const known = await ports.rows.active(repository);
      const results: TidyResult[] = [];
      for (const name of names) {
        const meant = known.find((record) => isCalled(record, name));
        results.push(
          meant === undefined ? unknown(name) : await tidy(ports, meant, { kind: 'named', isForced }),
        );
      }
      return results;
    },
  };
}

function isCalled({ branch, identifier }: EnvironmentRecord, name: string): boolean {
  return branch === name || identifier === name || branch === taskBranch(name);
}

function unknown(branch: string): TidyResult {
  const reason = 'is no worktree of a run here (signalbox isolation list)';
  return { branch, workingPath: null, isRemoved: false, isBranchRemoved: false, reason, fault: null };
}

async function factsOf(ports: TidyPorts, record: EnvironmentRecord): Promise<RemovalFacts> {
  const { care, clock, isHeld, baseBranch } = ports;
  const sight = await care.look(record, await baseBranch(record.repository));
  return {
    ...sight,
    hasOpenRun: record.hasOpenRow || (await isHeld(record.workingPath)),
    idleMs: clock.now().getTime() - Date.parse(record.lastUsedAt),
  };
}

/** A pull request is worth telling, and nothing that anybody waits for. */
async function storyOf(
  { care, baseBranch, pullRequests }: TidyPorts,
  record: EnvironmentRecord,
): Promise<WorktreeStory> {
  const { repository, branch } = record;
  const [request = null] = await pullRequests.of(repository, branch).catch(() => []);
  return {
    branch,
    ...(await care.tell(record, await baseBranch(repository))),
    pullRequest: request,
  };
}

/** What has become of the pull request of a branch, if a rule asks for it. */
async function requestOf(
  { care, pullRequests }: TidyPorts,
  record: EnvironmentRecord,
  rule: RemovalRule,
): Promise<Pick<RemovalFacts, 'pullRequest'>> {
  if (rule.kind !== 'closed') return {};
  const requests = await pullRequests.of(record.repository, record.branch);
  if (requests.some(({ state }) => state === 'open')) return { pullRequest: 'open' };
  for (const { head } of requests) if (await care.isIn(record, head)) return { pullRequest: 'over' };
  return {};
}

async function tidy(ports: TidyPorts, record: EnvironmentRecord, rule: RemovalRule): Promise<TidyResult> {
  const { branch, workingPath } = record;
  const result = { ...{ branch, workingPath, isRemoved: false, isBranchRemoved: false }, ...NOTHING };
  const request = await requestOf(ports, record, rule);
  const look = async (): Promise<Removal> =>
    judgeRemoval({ ...(await factsOf(ports, record)), ...request }, rule);
  const removal = await look();
  if (removal.kind === 'keep') return { ...result, reason: removal.reason };
  // Somebody may have begun to work in it since it was looked at.
  const mayGo = async (): Promise<boolean> => (await look()).kind === 'remove';
  try {
    if (!(await ports.care.remove(record, mayGo))) return { ...result, reason: 'is in use just now' };
  } catch (error) {
    return { ...result, fault: gitFault(error) };
  }
  const removed = { ...result, isRemoved: true };
  try {
    if (removal.removesBranch) {
      await ports.care.removeBranch(record, { isRemoteToo: rule.kind === 'named' });
    }
  } catch (error) {
    return { ...removed, fault: gitFault(error) };
  }
  // Last, so that what could not be done to the end can be asked for again.
  await ports.rows.retire(record.id);
  return { ...removed, isBranchRemoved: removal.removesBranch };
}

const NOTHING = { reason: null, fault: null } as const;

/** Others are not held up by it. @throws what is no word of git's */
function gitFault(error: unknown): string {
  if (error instanceof RunError && error.code === 'WORKTREE_FAILED') return error.message;
  throw error;
}
