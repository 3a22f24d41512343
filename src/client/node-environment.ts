import { RunError } from '../core/errors.js';
import type { WorkflowDefinition } from '../core/definition/definition.js';
import { formatIssue, type Issue } from '../core/definition/issue.js';
import type { ProjectConfig } from '../core/project-config/project-config.js';

type Environment = Readonly<Record<string, string>>;

/** Variables that show that somebody's account is there, by what a workflow requires. */
const ACCOUNTS: Readonly<Record<string, readonly string[]>> = { github: ['GH_TOKEN', 'GITHUB_TOKEN'] };

/** What nodes get of the caller's environment and of the config's, which wins; absent: the worker's own. */
export function nodeEnvironment(
  given: Environment | undefined,
  { environment }: Pick<ProjectConfig, 'environment'>,
): { readonly environment?: Environment } {
  return given === undefined ? {} : { environment: { ...given, ...environment } };
}

/**
 * Whether nodes will find the accounts that a workflow requires.
 * @param environment that of its nodes; undefined: the worker's, which cannot be seen from here
 * @throws RunError `ACCOUNT_REQUIRED`
 */
export function requireAccounts(
  { name, requires = [] }: WorkflowDefinition,
  environment: Environment | undefined,
): void {
  if (environment === undefined) return;
  for (const account of requires) {
    const variables = ACCOUNTS[account] ?? [];
    if (variables.some((variable) => (environment[variable] ?? '') !== '')) continue;
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
