import { RunError } from '../../core/errors.js';
import { resolveBindings } from '../../core/expression/bindings.js';
import { toText } from '../../core/expression/output.js';
import { inputVariable } from '../../core/expression/reference.js';
import type { AttemptTask, Scope } from '../../core/run/task.js';
import type { EnvironmentStore } from '../../ports/run-files.js';

export type Environment = Readonly<Record<string, string>>;

/** Where the environment of a run's nodes comes from. */
export interface EnvironmentSources {
  readonly environment: Pick<EnvironmentStore, 'load'>;
  /** For the nodes of runs whose client left none. */
  readonly workerEnvironment: Environment;
}

/**
 * What the nodes of a run find in their environment before the language adds to it.
 * @throws RunError `ENVIRONMENT_UNREADABLE`
 */
export async function runEnvironment(
  { environment, workerEnvironment }: EnvironmentSources,
  {
    runId,
    rootRunId,
    hasClientEnvironment,
  }: Pick<AttemptTask, 'runId' | 'rootRunId' | 'hasClientEnvironment'>,
): Promise<Environment> {
  if (!hasClientEnvironment) return workerEnvironment;
  const left = await environment.load(rootRunId ?? runId);
  if (left !== null) return left;
  throw new RunError(
    'ENVIRONMENT_UNREADABLE',
    `the environment that its client left for run ${rootRunId ?? runId} is gone from this host; resume the run from a terminal, which leaves it anew`,
  );
}

/**
 * The bindings of a node as variables. NUL bytes are left out, since no environment can hold one.
 * @param scope with every text in memory that the bindings refer to
 * @throws RunError `REFERENCE_UNRESOLVED`
 */
export function boundVariables(
  { bindings, environment }: Pick<AttemptTask, 'bindings' | 'environment'>,
  scope: Scope,
): Environment {
  if (bindings === undefined) return {};
  const variables = { ...environment, ...scope.variables };
  const values = Object.entries(resolveBindings(bindings, { ...scope, variables }));
  return Object.fromEntries(
    values.map(([name, value]) => [inputVariable(name), toText(value).replaceAll('\0', '')]),
  );
}
