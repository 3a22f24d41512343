import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTE_NAMES } from '../contract/memo.js';
import { readableTrouble, withDeadline } from './temporal-calls.js';

/** `IndexedValueType` of Temporal's API; its package costs a fifth of a second to load. */
const KEYWORD: number = 2;
const CALL_MS = 3_000;

/**
 * Names of the search attributes that Temporal knows as Keywords; one of another type does not count.
 * @throws RunError `TEMPORAL_UNREACHABLE`
 */
export async function registeredSearchAttributes(
  client: Client,
  address: string,
): Promise<ReadonlySet<string>> {
  const { namespace } = client.options;
  try {
    const { customAttributes } = await withDeadline(client, CALL_MS, () =>
      client.connection.operatorService.listSearchAttributes({ namespace }),
    );
    return new Set(
      Object.entries<number>(customAttributes).flatMap(([name, type]) => (type === KEYWORD ? [name] : [])),
    );
  } catch (error) {
    throw await readableTrouble(error, { client, address });
  }
}

/**
 * Registers what is missing. Repeating it changes nothing.
 * @returns the names that were missing
 * @throws RunError `TEMPORAL_UNREACHABLE`
 */
export async function registerSearchAttributes(client: Client, address: string): Promise<readonly string[]> {
  const known = await registeredSearchAttributes(client, address);
  const missing = SEARCH_ATTRIBUTE_NAMES.filter((name) => !known.has(name));
  if (missing.length === 0) return [];
  const { namespace } = client.options;
  try {
    await withDeadline(client, CALL_MS, () =>
      client.connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
      }),
    );
  } catch (error) {
    throw await readableTrouble(error, { client, address });
  }
  return missing;
}
