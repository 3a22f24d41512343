import type { Pool } from 'pg';
import { ask } from './query.js';

/**
 * Proves that the tables can be reached, with the cheapest question there is.
 * @throws RunError `DATABASE_UNREACHABLE` with the address and the next step
 */
export async function requireTables(pool: Pool): Promise<void> {
  await ask(pool, 'DATABASE_UNREACHABLE', { text: 'SELECT FROM signalbox.runs LIMIT 0', values: [] });
}
