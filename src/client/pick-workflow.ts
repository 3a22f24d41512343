import { join } from 'node:path';
import type { Issue } from '../core/definition/issue.js';
import { resolveWorkflowName } from '../core/definition/resolve-name.js';
import { RunError } from '../core/errors.js';
import type { Catalogue, UsableWorkflow } from './discover.js';

/** What a name leads to; `refused`: the file that it means, or a config file, cannot be used. */
export type PickedWorkflow =
  | ({ readonly kind: 'usable' } & UsableWorkflow)
  | { readonly kind: 'refused'; readonly file: string; readonly issues: readonly Issue[] };

/**
 * The workflow of a catalogue that a person means by a name. A file of exactly that name that cannot be used is
 * what is meant, even where another name resembles it. A bundled one is meant by a part of its name only where no
 * other is.
 * @throws RunError `WORKFLOW_NOT_FOUND` · `WORKFLOW_AMBIGUOUS`
 */
export function pickWorkflow(
  { workflows, discovery }: Pick<Catalogue, 'workflows' | 'discovery'>,
  name: string,
): PickedWorkflow {
  const exact = workflows.find((one) => one.workflow.name === name);
  if (exact !== undefined) return { kind: 'usable', ...exact };
  const broken = discovery.errors.find(
    ({ file }) => file.endsWith(`/${name}.yaml`) || file.endsWith(`/${name}.yml`),
  );
  if (broken !== undefined) return { kind: 'refused', file: broken.file, issues: broken.issues };
  const isBundled = ({ workflow }: UsableWorkflow): boolean => workflow.scope === 'bundled';
  const own = resembling(
    workflows.filter((one) => !isBundled(one)),
    name,
  );
  const found = own ?? resembling(workflows.filter(isBundled), name);
  if (found === null) throw notFound({ workflows, discovery }, name);
  return { kind: 'usable', ...found };
}

/** The same for a name that a definition gives; null: it means nothing that may be run. */
export function findWorkflow(
  catalogue: Pick<Catalogue, 'workflows' | 'discovery'>,
  name: string,
): UsableWorkflow | null {
  try {
    const found = pickWorkflow(catalogue, name);
    return found.kind === 'usable' ? found : null;
  } catch (error) {
    if (error instanceof RunError) return null;
    throw error;
  }
}

/**
 * The whole name of the workflow that a person means: of one that may be run, else of one that has run.
 * @returns the name itself when it means nothing
 * @throws RunError `WORKFLOW_AMBIGUOUS`
 */
export function nameMeant(
  catalogue: Pick<Catalogue, 'workflows' | 'discovery'>,
  wanted: string,
  haveRun: readonly string[],
): string {
  if (haveRun.includes(wanted)) return wanted;
  try {
    const found = pickWorkflow(catalogue, wanted);
    if (found.kind === 'usable') return found.workflow.name;
  } catch (error) {
    if (!(error instanceof RunError && error.code === 'WORKFLOW_NOT_FOUND')) throw error;
  }
  return resolved(wanted, haveRun) ?? wanted;
}

/** @throws RunError `WORKFLOW_AMBIGUOUS` */
function resembling(workflows: readonly UsableWorkflow[], wanted: string): UsableWorkflow | null {
  const names = workflows.map((one) => one.workflow.name);
  const meant = resolved(wanted, names);
  return workflows.find((one) => one.workflow.name === meant) ?? null;
}

/** @throws RunError `WORKFLOW_AMBIGUOUS` */
function resolved(wanted: string, names: readonly string[]): string | null {
  const resolution = resolveWorkflowName(wanted, names);
  if (resolution.kind !== 'ambiguous') return resolution.kind === 'found' ? resolution.name : null;
  const { candidates } = resolution;
  throw new RunError(
    'WORKFLOW_AMBIGUOUS',
    `workflow ${wanted} may be any of: ${candidates.join(', ')}; type the whole name`,
    { candidates },
  );
}

function notFound(
  { workflows, discovery }: Pick<Catalogue, 'workflows' | 'discovery'>,
  name: string,
): RunError {
  const { root, errors } = discovery;
  const known = workflows.map((one) => one.workflow.name);
  const resolved = resolveWorkflowName(name, known);
  const nearest = resolved.kind === 'notFound' ? resolved.nearest : null;
  const hint = nearest === null ? '.' : `; did you mean ${nearest}?`;
  const list =
    known.length === 0
      ? `There are none in ${join(root, '.archon', 'workflows')}`
      : `There are: ${known.join(', ')}`;
  const broken = errors.length === 0 ? '' : `; ${errors.length} more cannot be used (signalbox validate)`;
  const wanted = name === '' ? '""' : name;
  return new RunError('WORKFLOW_NOT_FOUND', `no workflow is named ${wanted}${hint} ${list}${broken}`, {
    known,
  });
}
