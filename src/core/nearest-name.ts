/** Longer names are compared by their beginning, and only so many, so that hostile ones cost little. */
const COMPARED_LENGTH = 40;
const COMPARED_CANDIDATES = 250;

/**
 * The candidate that was probably meant: fewest edits (a swap of neighbours counts as one), at most a third
 * of the name's length. Equal ones: the first.
 * @returns null when none is near
 */
export function nearestName(name: string, candidates: readonly string[]): string | null {
  const wanted = name.toLowerCase().slice(0, COMPARED_LENGTH);
  let nearest: string | null = null;
  let fewest = Math.floor(wanted.length / 3) + 1;
  for (const candidate of candidates.slice(0, COMPARED_CANDIDATES)) {
    const compared = candidate.toLowerCase().slice(0, COMPARED_LENGTH);
    if (Math.abs(compared.length - wanted.length) >= fewest) continue;
    const edits = editsBetween(wanted, compared);
    if (edits >= fewest) continue;
    nearest = candidate;
    fewest = edits;
  }
  return nearest;
}

/** Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours. */
function editsBetween(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = isSwap ? at(beforeLast, column - 2) + 1 : Infinity;
      current.push(Math.min(at(last, column) + 1, at(current, column - 1) + 1, replaced, swapped));
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
