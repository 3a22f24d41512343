import type { SubrunLibrary, SubrunTarget } from '../../core/authoring/check-subruns.js';
import { formatIssue } from '../../core/definition/issue.js';
import { RunError } from '../../core/errors.js';
import { nearestName } from '../../core/nearest-name.js';
import type { Catalogue } from '../discover.js';
import { pickWorkflow } from '../pick-workflow.js';
import type { Scope } from './scopes.js';

type Searched = Pick<Catalogue, 'workflows' | 'discovery'>;

/**
 * Looks up the targets of sub-runs: the names that definitions give are read as those that people give.
 * @param scope of the workflow that names them: what is shipped may rest on nothing but what is shipped
 */
export function subrunLibrary({ workflows, discovery }: Searched, scope: Scope | null): SubrunLibrary {
  const mayBeRun =
    scope === 'bundled' ? workflows.filter(({ workflow }) => workflow.scope === 'bundled') : workflows;
  const known = new Map<string, SubrunTarget>();
  return (name) => {
    const target = known.get(name) ?? lookUp({ workflows: mayBeRun, discovery }, name);
    known.set(name, target);
    return target;
  };
}

function lookUp(catalogue: Searched, name: string): SubrunTarget {
  try {
    const found = pickWorkflow(catalogue, name);
    if (found.kind === 'usable') return { kind: 'usable', definition: found.definition };
    const [first] = found.issues.filter(({ severity }) => severity === 'error');
    return { kind: 'refused', name, fault: first === undefined ? found.file : formatIssue(first) };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    if (error.code === 'WORKFLOW_AMBIGUOUS') {
      const candidates = (error.details['candidates'] as readonly string[]).join(', ');
      return { kind: 'none', problem: `may be any of ${candidates}`, hint: 'write the whole name' };
    }
    const nearest = nearestName(
      name,
      catalogue.workflows.map(({ workflow }) => workflow.name),
    );
    const hint = nearest === null ? 'add it, or remove the node' : `did you mean '${nearest}'?`;
    return { kind: 'none', problem: 'is no workflow', hint };
  }
}
