import { chainFault } from './chains.js';
import type { DraftNode } from './draft.js';
import type { Issue } from './issue.js';
import type { ParsedWorkflow } from './link.js';

/** How many includes may stand in each other. */
const DEEPEST_INCLUDE = 3;

/** What hangs together by includes. */
export interface IncludeChains {
  /** Why one workflow may not include another; null: it may. */
  problemOf(from: string, target: string): Pick<Issue, 'code' | 'message' | 'hint'> | null;
}

export function chainsOf(library: ReadonlyMap<string, ParsedWorkflow>): IncludeChains {
  const targets = new Map(
    [...library].map(([name, { draft }]) => [name, new Set(targetsOf(draft?.nodes ?? []))] as const),
  );
  return {
    problemOf: (from, target) => {
      const fault = chainFault(from, target, (name) => targets.get(name) ?? [], DEEPEST_INCLUDE);
      if (fault === null) return null;
      const names = fault.names.join(' → ');
      if (fault.kind === 'cycle') {
        const message = `workflows include each other: ${names}`;
        return { code: 'INCLUDE_CYCLE', message, hint: 'remove one of these includes' };
      }
      const message = `includes nest deeper than ${DEEPEST_INCLUDE}: ${names}`;
      return { code: 'INCLUDE_TOO_DEEP', message, hint: 'include the innermost workflow further out' };
    },
  };
}

function targetsOf(nodes: readonly DraftNode[]): readonly string[] {
  return nodes.flatMap(({ body }) => {
    if (body?.kind === 'include') return [body.target];
    return body?.kind === 'loop_group' ? targetsOf(body.body) : [];
  });
}
