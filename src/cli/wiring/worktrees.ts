import { detectBaseBranch } from '../../adapters/files/base-branch.js';
import { gitEnvironment } from '../../adapters/git/git.js';
import { findGitPrograms } from '../../adapters/git/git-programs.js';
import { makeWorktreeCare } from '../../adapters/git/worktree-care.js';
import { makePullRequests } from '../../adapters/github/pull-requests.js';
import { defaultBranchOf, makeIsolationRows } from '../../adapters/postgres/index.js';
import { makeExecutions } from '../../adapters/temporal/executions.js';
import { readHostId } from '../../client/host-id.js';
import { makeWorktreeTidy, type WorktreeTidy } from '../../client/isolation/tidy-worktrees.js';
import { readProjectConfig } from '../../client/source/read-project-config.js';
import type { Config } from '../../config/config.js';
import { runWorkflowId } from '../../contract/workflow-id.js';
import { asWorkingPath } from '../../core/lease/working-path.js';
import type { Servers } from './servers.js';

/** Worktrees as this user sees them on this machine. @throws RunError `HOST_ID_INVALID` · `WORKTREE_FAILED` */
export async function makeTidy(config: Config, servers: Servers): Promise<WorktreeTidy> {
  const { temporal: client, temporalAddress, database } = servers;
  const hostId = await readHostId(config.hostId);
  const executions = makeExecutions(client, temporalAddress);
  return makeWorktreeTidy({
    rows: makeIsolationRows(database),
    care: makeWorktreeCare(findGitPrograms(), gitEnvironment(config.environment)),
    clock: { now: () => new Date() },
    pullRequests: makePullRequests(gitEnvironment(config.environment)),
    isHeld: async (workingPath) => {
      const id = runWorkflowId(hostId, asWorkingPath(workingPath));
      return (await executions.describe(id))?.isOpen === true;
    },
    baseBranch: (repository) => baseBranchOf(config, servers, repository),
  });
}

/** What branches of a repository are based on, by config, Archon's tables or git. A config that is refused says nothing. */
async function baseBranchOf(
  { archonHome }: Config,
  { database }: Servers,
  repository: string,
): Promise<string> {
  const reading = await readProjectConfig({ root: repository, archonHome });
  const configured = reading.kind === 'read' ? reading.config.worktree.baseBranch : null;
  return (
    configured ?? ((await defaultBranchOf(database, repository)) || (await detectBaseBranch(repository)))
  );
}
