import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import type { StackEndpoints } from '../../src/ports/stack.js';

const MARK = 'kept';

/** Leaves one row and one open workflow in a stack. */
export async function leaveData({ temporal, database }: StackEndpoints): Promise<void> {
  await withDatabase(database.url, (client) =>
    client.query(`CREATE TABLE mark AS SELECT '${MARK}' AS value`),
  );
  await withTemporal(temporal, (client) =>
    client.workflow.start('nobody', { taskQueue: 'nobody', workflowId: MARK }),
  );
}

/** What `leaveData` left: the row's value and the workflow's status. */
export async function findData({ temporal, database }: StackEndpoints): Promise<readonly string[]> {
  const { rows } = await withDatabase(database.url, (client) =>
    client.query<{ value: string }>('SELECT value FROM mark'),
  );
  const { status } = await withTemporal(temporal, (client) => client.workflow.getHandle(MARK).describe());
  return [...rows.map(({ value }) => value), status.name];
}

export const ALL_DATA = [MARK, 'RUNNING'];

async function withDatabase<T>(connectionString: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function withTemporal<T>(
  { address, namespace }: StackEndpoints['temporal'],
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}
