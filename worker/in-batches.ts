import { RunError, type ErrorCode } from '../src/core/errors.js';

/** How many calls to Temporal are open at once, when there is one for each run. */
const AT_ONCE = 10;

/** What is away is away for all: no use in asking for each of them. */
const AWAY: readonly ErrorCode[] = ['TEMPORAL_UNREACHABLE', 'DATABASE_UNREACHABLE', 'RUN_TABLE_UNREACHABLE'];

export function isAway(error: unknown): boolean {
  return error instanceof RunError && AWAY.includes(error.code);
}

/**
 * Does the work for each, some at once. What fails for one does not keep the others, unless a server is away.
 * @param onFailure told of each failure, by item
 * @throws RunError of a server that is away, when its batch has ended
 */
export async function forEachInBatches<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
  onFailure: (item: Item, error: unknown) => void,
): Promise<void> {
  for (let next = 0; next < items.length; next += AT_ONCE) {
    const batch = items.slice(next, next + AT_ONCE);
    const failures = await Promise.all(
      batch.map((item) =>
        work(item).then(
          () => null,
          (error: unknown) => ({ item, error }),
        ),
      ),
    );
    for (const failure of failures) {
      if (failure === null) continue;
      if (isAway(failure.error)) throw failure.error;
      onFailure(failure.item, failure.error);
    }
  }
}
