import pg from 'pg';
import { RunError } from '../../core/errors.js';
import { SUPERUSER, type PostgresCluster } from './postgres-cluster.js';

/** The role that everything of ours uses. It owns its database and nothing else. */
const APPLICATION = 'signalbox';

const STARTING_UP = '57P03';

const CONNECT_TIMEOUT_MS = 5000;

export function applicationUrl(cluster: PostgresCluster, port: number): string {
  return url(APPLICATION, cluster.secrets.applicationPassword, `${port}/${APPLICATION}`);
}

/**
 * Whether the server answers, and then that our role and its database are there.
 * False while it starts, recovers, or cannot be reached.
 * @throws RunError `STACK_PART_FAILED` when it answers and refuses
 */
export async function rolesAreReady(cluster: PostgresCluster, port: number): Promise<boolean> {
  try {
    await withClient(applicationUrl(cluster, port), (client) => client.query('SELECT 1'));
    return true;
  } catch (error) {
    if (!isRefusedLogin(error)) return false;
  }
  const superuser = url(SUPERUSER, cluster.secrets.superuserPassword, `${port}/postgres`);
  try {
    await withClient(superuser, (client) => makeRole(client, cluster.secrets.applicationPassword));
    return true;
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError) || cause.code === STARTING_UP) return false;
    const message = `PostgreSQL refused to make the role ${APPLICATION} and its database: ${cause.message}. If ${cluster.base}/secrets.json was changed, put it back; or move ${cluster.base} away to begin empty.`;
    throw new RunError('STACK_PART_FAILED', message, { sqlState: cause.code }, { cause });
  }
}

async function makeRole(client: pg.Client, password: string): Promise<void> {
  const facts = `LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${client.escapeLiteral(password)}`;
  const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [APPLICATION]);
  await client.query(`${role.rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${APPLICATION} ${facts}`);
  const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [APPLICATION]);
  if (database.rowCount === 0) await client.query(`CREATE DATABASE ${APPLICATION} OWNER ${APPLICATION}`);
}

/** Wrong password (PostgreSQL says the same of an unknown role), login not allowed, no such database. */
function isRefusedLogin(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ['28P01', '28000', '3D000'].includes(error.code ?? '');
}

async function withClient(
  connectionString: string,
  use: (client: pg.Client) => Promise<unknown>,
): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined); // the pending query or connect rejects with it
  try {
    await client.connect();
    await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function url(user: string, password: string, portAndDatabase: string): string {
  return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${portAndDatabase}`;
}
