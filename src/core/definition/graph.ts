/** Who waits for whom: for each position, the positions that it depends on. */
export type Dependencies = readonly (readonly number[])[];

/** Layers of a graph: 0 for a position without dependencies, else one more than its deepest dependency. */
export type Layering =
  | { readonly kind: 'layers'; readonly layers: readonly number[] }
  /** Each cycle as positions that depend on the next; the last on the first. At least one per knot. */
  | { readonly kind: 'cycles'; readonly cycles: readonly (readonly number[])[] };

/** Puts every position into its layer, or finds who waits for himself. Linear in nodes and edges. */
export function layersOf(dependencies: Dependencies): Layering {
  const open = dependencies.map((own) => own.length);
  const dependents = dependentsOf(dependencies);
  const layers = dependencies.map(() => 0);
  const ready = open.flatMap((count, position) => (count === 0 ? [position] : []));
  for (const position of ready) {
    for (const dependent of dependents[position] ?? []) {
      layers[dependent] = Math.max(layers[dependent] ?? 0, (layers[position] ?? 0) + 1);
      const left = (open[dependent] ?? 0) - 1;
      open[dependent] = left;
      if (left === 0) ready.push(dependent);
    }
  }
  if (ready.length === dependencies.length) return { kind: 'layers', layers };
  return { kind: 'cycles', cycles: findCycles(dependencies, new Set(ready)) };
}

/** For each position, the positions that depend on it, ascending. */
function dependentsOf(dependencies: Dependencies): readonly (readonly number[])[] {
  const dependents: number[][] = dependencies.map(() => []);
  for (const [position, own] of dependencies.entries()) {
    for (const dependency of own) dependents[dependency]?.push(position);
  }
  return dependents;
}

/** Walks from each stuck position along its first stuck dependency until it meets itself, or known ground. */
function findCycles(dependencies: Dependencies, settled: ReadonlySet<number>): number[][] {
  const seen = new Set(settled);
  const cycles: number[][] = [];
  for (const start of dependencies.keys()) {
    const walk: number[] = [];
    const places = new Map<number, number>();
    let at: number | undefined = start;
    while (at !== undefined && !seen.has(at)) {
      seen.add(at);
      places.set(at, walk.length);
      walk.push(at);
      at = dependencies[at]?.find((dependency) => !settled.has(dependency));
    }
    const entrance = at === undefined ? undefined : places.get(at);
    if (entrance !== undefined) cycles.push(walk.slice(entrance));
  }
  return cycles;
}

/**
 * Says of two positions whether the second comes before the first on some path. In time and space of nodes times
 * nodes divided by 32. Of a graph with cycles, what lies on or behind one has no ancestors there.
 */
export function ancestry(dependencies: Dependencies): (position: number, ancestor: number) => boolean {
  const words = Math.ceil(dependencies.length / 32);
  const sets = dependencies.map(() => new Uint32Array(words));
  for (const position of inOrder(dependencies)) {
    const own = sets[position];
    for (const before of dependencies[position] ?? []) {
      const theirs = sets[before];
      if (own === undefined || theirs === undefined) continue;
      for (let word = 0; word < words; word += 1) own[word] = (own[word] ?? 0) | (theirs[word] ?? 0);
      own[before >> 5] = (own[before >> 5] ?? 0) | (1 << (before & 31));
    }
  }
  return (position, ancestor) => (((sets[position]?.[ancestor >> 5] ?? 0) >> (ancestor & 31)) & 1) === 1;
}

/** Positions, each behind those that it depends on; without those that wait for themselves. */
function inOrder(dependencies: Dependencies): readonly number[] {
  const open = dependencies.map((own) => own.length);
  const dependents = dependentsOf(dependencies);
  const ready = open.flatMap((count, position) => (count === 0 ? [position] : []));
  for (const position of ready) {
    for (const dependent of dependents[position] ?? []) {
      const left = (open[dependent] ?? 0) - 1;
      open[dependent] = left;
      if (left === 0) ready.push(dependent);
    }
  }
  return ready;
}
