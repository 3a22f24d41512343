import { checkTables, makePool, migrate } from '../../adapters/postgres/index.js';
import { registerSearchAttributes } from '../../client/search-attributes.js';
import { requireTemporal } from '../../client/temporal-calls.js';
import type { Config } from '../../config/config.js';
import type { StackEndpoints } from '../../ports/stack.js';
import { PATIENCE_MS, temporalClient } from './temporal.js';

/** Makes a Temporal and a database ready for runs. Repeating it changes nothing. */
export async function setup(config: Config, endpoints: StackEndpoints): Promise<readonly string[]> {
  return [await prepareDatabase(endpoints.database.url), await prepareTemporal(config, endpoints)];
}

async function prepareDatabase(url: string): Promise<string> {
  const pool = makePool(url, { max: 2 });
  try {
    const before = await checkTables(pool);
    await migrate(pool);
    const count = before.pendingMigrations.length;
    return `Postgres at ${before.address}: ${count === 0 ? 'tables were there already' : `${count} migrations run`}`;
  } finally {
    await pool.end();
  }
}

async function prepareTemporal(config: Config, endpoints: StackEndpoints): Promise<string> {
  const { address } = endpoints.temporal;
  const client = await temporalClient(config, endpoints);
  try {
    await requireTemporal({ client, address }, PATIENCE_MS);
    const added = await registerSearchAttributes(client, address);
    const what = added.length === 0 ? 'were there already' : `registered: ${added.join(', ')}`;
    return `Temporal at ${address}: search attributes ${what}`;
  } finally {
    await client.connection.close();
  }
}
