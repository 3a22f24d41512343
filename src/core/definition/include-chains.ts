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
      const cycle = pathBetween(target, from, targets);
      if (cycle !== null) {
        const message = `workflows include each other: ${[from, ...cycle].join(' → ')}`;
        return { code: 'INCLUDE_CYCLE', message, hint: 'remove one of these includes' };
      }
      const chain = chainFrom([target], targets, DEEPEST_INCLUDE);
      if (chain.length <= DEEPEST_INCLUDE) return null;
      const message = `includes nest deeper than ${DEEPEST_INCLUDE}: ${[from, ...chain].join(' → ')}`;
      return { code: 'INCLUDE_TOO_DEEP', message, hint: 'include the innermost workflow further out' };
    },
  };
}

type Targets = ReadonlyMap<string, ReadonlySet<string>>;

function targetsOf(nodes: readonly DraftNode[]): readonly string[] {
  return nodes.flatMap(({ body }) => {
    if (body?.kind === 'include') return [body.target];
    return body?.kind === 'loop_group' ? targetsOf(body.body) : [];
  });
}

/** Names from one workflow to another, both of them among the names; null: there is no way. */
function pathBetween(start: string, goal: string, targets: Targets): readonly string[] | null {
  const cameFrom = new Map<string, string | null>([[start, null]]);
  for (const name of cameFrom.keys()) {
    if (name === goal) return walkBack(name, cameFrom);
    for (const next of targets.get(name) ?? []) if (!cameFrom.has(next)) cameFrom.set(next, name);
  }
  return null;
}

function walkBack(end: string, cameFrom: ReadonlyMap<string, string | null>): readonly string[] {
  const names: string[] = [];
  for (let name: string | null = end; name !== null; name = cameFrom.get(name) ?? null) names.unshift(name);
  return names;
}

/** How a chain of includes goes on: as soon as it is longer than `most` names, else at its longest. Never in circles. */
function chainFrom(chain: readonly string[], targets: Targets, most: number): readonly string[] {
  if (chain.length > most) return chain;
  let longest = chain;
  for (const next of targets.get(chain.at(-1) ?? '') ?? []) {
    if (chain.includes(next)) continue;
    const longer = chainFrom([...chain, next], targets, most);
    if (longer.length > most) return longer;
    if (longer.length > longest.length) longest = longer;
  }
  return longest;
}
