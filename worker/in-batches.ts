/** How many calls to Temporal are open at once, when there is one for each run. */
const AT_ONCE = 10;

/** Does the work for each, some at once. The first error is thrown when its batch has ended. */
export async function forEachInBatches<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  for (let next = 0; next < items.length; next += AT_ONCE) {
    const settled = await Promise.allSettled(items.slice(next, next + AT_ONCE).map(work));
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason as unknown;
  }
}
