import { groupBy, type NodeRecord, type OwnerSeen, type Violation } from '../evidence.js';
import { ownerOf } from './exclusion.js';

interface Reading {
  readonly path: string;
  readonly owner: string;
  readonly fence: number;
  readonly at: number;
}

/**
 * I2: the fence number of a path never falls, and every new owner of its box has a higher one. Told by two
 * witnesses: what nodes read when they enter, and the owner records themselves.
 */
export function checkFences(records: readonly NodeRecord[], owners: readonly OwnerSeen[]): Violation[] {
  const read = records.flatMap(({ path, at, fence, ...record }) =>
    record.kind !== 'enter' || fence === undefined ? [] : [{ path, at, fence, owner: ownerOf(record) }],
  );
  const seen = owners.map(({ path, at, fence, ...owner }) => ({ path, at, fence, owner: ownerOf(owner) }));
  return [read, seen].flatMap((readings) =>
    [...groupBy(readings, ({ path }) => path).values()].flatMap(fallsIn),
  );
}

function fallsIn(readings: readonly Reading[]): Violation[] {
  let highest: Reading | null = null;
  const violations: Violation[] = [];
  for (const reading of readings) {
    const { path, owner, fence, at } = reading;
    const least: number = highest === null ? 0 : highest.fence + Number(highest.owner !== owner);
    if (fence < least && highest !== null) {
      const what = `${path}: ${owner} has fence number ${fence} after ${highest.owner} had ${highest.fence}`;
      violations.push({ invariant: 'I2', what, at });
    } else highest = reading;
  }
  return violations;
}
