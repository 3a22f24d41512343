import { checkSubruns } from '../../core/authoring/check-subruns.js';
import type { ParsedWorkflow } from '../../core/definition/compile.js';
import type { WorkflowDefinition } from '../../core/definition/definition.js';
import type { Issue } from '../../core/definition/issue.js';
import type { Catalogue, UsableWorkflow } from '../discover.js';
import { findWorkflow } from '../pick-workflow.js';
import { nodesOf } from './included-commands.js';
import type { Scope } from './scopes.js';
import { subrunLibrary } from './subrun-library.js';

type Searched = Pick<Catalogue, 'workflows' | 'discovery' | 'files'>;

/** A workflow in the words of its file. */
interface Written {
  readonly parsed: ParsedWorkflow;
  readonly definition: WorkflowDefinition | null;
  /** Null: it lies in no folder of workflows. */
  readonly scope: Scope | null;
}

/**
 * What of the sub-runs of a workflow, of those that it includes and of those that it runs could never run. Each is
 * told where it is written, since a run learns of it only at the node, maybe after hours.
 */
export function subrunFaults(catalogue: Searched, root: Written): readonly Issue[] {
  const found = [root];
  const known = new Set([root.parsed.file]);
  const issues: Issue[] = [];
  for (const { parsed, definition, scope } of found) {
    const told = parsed.issues.empty();
    const nodes = nodesOf({ parsed });
    const library = subrunLibrary(catalogue, scope);
    checkSubruns(nodes, { from: parsed.name ?? '', own: definition, library, issues: told });
    issues.push(...told.told().filter(({ severity }) => severity === 'error'));
    const further = nodes.flatMap(({ body }) => {
      if (body?.kind === 'workflow') return writtenAs(catalogue, body.target) ?? [];
      return body?.kind === 'include' ? (includedAs(catalogue, body.target) ?? []) : [];
    });
    for (const one of further) {
      if (known.has(one.parsed.file)) continue;
      known.add(one.parsed.file);
      found.push(one);
    }
  }
  return issues;
}

/** The file of a workflow that a sub-run names; null: none that can be used. */
function writtenAs(catalogue: Searched, target: string): Written | null {
  const meant = findWorkflow(catalogue, target);
  const file = catalogue.files.find((one) => one.file.file === meant?.workflow.file);
  if (meant === null || file === undefined) return null;
  return { parsed: file.parsed, definition: meant.definition, scope: file.file.scope };
}

function includedAs({ files }: Searched, target: string): Written | null {
  const file = files.find(({ parsed }) => parsed.name === target);
  return file === undefined ? null : { parsed: file.parsed, definition: null, scope: file.file.scope };
}

/** The same for a workflow of the catalogue. */
export function faultsOfSubruns(
  catalogue: Searched,
  { definition, workflow }: UsableWorkflow,
): readonly Issue[] {
  const file = catalogue.files.find((one) => one.file.file === workflow.file);
  if (file === undefined) return [];
  return subrunFaults(catalogue, { parsed: file.parsed, definition, scope: file.file.scope });
}
