/** What each name leads to. */
export type Links = (name: string) => Iterable<string>;

/** A way along links that may not be. */
export type ChainFault =
  | { readonly kind: 'cycle'; readonly names: readonly string[] }
  | { readonly kind: 'tooDeep'; readonly names: readonly string[] };

/**
 * What is wrong with a link from one name to another: it leads back, or on to more than `most` names, the target
 * counted. In time that grows with the number of links.
 * @returns null: nothing
 */
export function chainFault(from: string, target: string, links: Links, most: number): ChainFault | null {
  const cycle = pathBetween(target, from, links);
  if (cycle !== null) return { kind: 'cycle', names: [from, ...cycle] };
  const chain = longestChain(target, links, most + 1);
  return chain.length > most ? { kind: 'tooDeep', names: [from, ...chain] } : null;
}

/** Names from one to another, both among them; null: there is no way. */
function pathBetween(start: string, goal: string, links: Links): readonly string[] | null {
  const cameFrom = new Map<string, string | null>([[start, null]]);
  for (const name of cameFrom.keys()) {
    if (name === goal) return walkBack(name, cameFrom);
    for (const next of links(name)) if (!cameFrom.has(next)) cameFrom.set(next, name);
  }
  return null;
}

function walkBack(end: string, cameFrom: ReadonlyMap<string, string | null>): readonly string[] {
  const names: string[] = [];
  for (let name: string | null = end; name !== null; name = cameFrom.get(name) ?? null) names.unshift(name);
  return names;
}

/** The longest chain that begins with a name, or one of `enough` names. What leads in a circle is not followed. */
function longestChain(start: string, links: Links, enough: number): readonly string[] {
  const known = new Map<string, readonly string[]>();
  const underWay = new Set<string>();
  const follow = (name: string, left: number): readonly string[] => {
    const before = known.get(name);
    if (before !== undefined || left === 0) return before ?? [];
    underWay.add(name);
    let rest: readonly string[] = [];
    for (const next of links(name)) {
      if (underWay.has(next)) continue;
      const chain = follow(next, left - 1);
      if (chain.length > rest.length) rest = chain;
      if (rest.length >= left - 1) break;
    }
    underWay.delete(name);
    const chain = [name, ...rest];
    known.set(name, chain);
    return chain;
  };
  return follow(start, enough).slice(0, enough);
}
