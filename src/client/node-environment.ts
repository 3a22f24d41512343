import { RunError } from '../core/errors.js';
import type { WorkflowDefinition } from '../core/definition/definition.js';
import { formatIssue, type Issue } from '../core/definition/issue.js';
import type { ProjectConfig } from '../core/project-config/project-config.js';
import type { EnvironmentOwner } from '../ports/run-files.js';

type Environment = Readonly<Record<string, string>>;

/** Variables that show that somebody's account is there, by what a workflow requires. */
const ACCOUNTS: Readonly<Record<string, readonly string[]>> = { github: ['GH_TOKEN', 'GITHUB_TOKEN'] };

/** What a client leaves for the nodes of a run. */
export interface NodeEnvironment {
  readonly variables: Environment;
  /** They are laid over those of the worker, which cannot be seen from here. */
  readonly isOverWorkers: boolean;
}

/** What nodes get of the caller's environment and of the config's, which wins; null: the worker's alone. */
export function nodeEnvironment(
  given: Environment | undefined,
  { environment }: Pick<ProjectConfig, 'environment'>,
): NodeEnvironment | null {
  if (given !== undefined) return { variables: { ...given, ...environment }, isOverWorkers: false };
  return Object.keys(environment).length === 0 ? null : { variables: environment, isOverWorkers: true };
}

export function ownerOf({ isOverWorkers }: NodeEnvironment, owner: EnvironmentOwner): EnvironmentOwner {
  return isOverWorkers ? { ...owner, isOverWorkers: true } : owner;
}

/**
 * Whether nodes will find the accounts that a workflow requires, as far as can be seen.
 * @throws RunError `ACCOUNT_REQUIRED`
 */
export function requireAccounts(
  { name, requires = [] }: WorkflowDefinition,
  environment: NodeEnvironment | null,
): void {
  if (environment === null || environment.isOverWorkers) return;
  for (const account of requires) {
    const variables = ACCOUNTS[account] ?? [];
    if (variables.some((variable) => (environment.variables[variable] ?? '') !== '')) continue;
    throw new RunError(
      'ACCOUNT_REQUIRED',
      `workflow ${name} requires an account at ${account}, and its nodes would find none; set ${variables.join(' or ')} in the environment, or under env in .archon/config.yaml`,
      { account },
    );
  }
}

/** A config file that is wrong, where there is nobody to show its issues one by one. */
export function configRefused(issues: readonly Issue[]): RunError {
  return new RunError(
    'DEFINITION_INVALID',
    `a config file is refused:\n${issues.map((issue) => `  ${formatIssue(issue)}`).join('\n')}`,
    { issues },
  );
}
