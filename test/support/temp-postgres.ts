import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { databaseAccount } from '../../src/adapters/stack/account.js';
import { onFreePorts } from '../../src/adapters/stack/ports.js';
import { type PostgresPrograms, postgresPrograms } from '../../src/adapters/stack/postgres-programs.js';
import { migrate } from '../../src/adapters/postgres/index.js';

/** Databases of a real PostgreSQL, each new, on a server that all tests may share. */
export interface TempDatabases {
  /** URL of a new database with all our tables. */
  readonly migrated: () => Promise<string>;
  /** URL of a new database with nothing in it. */
  readonly empty: () => Promise<string>;
  /** Ends the server, or removes the databases from one that is not ours. */
  readonly stop: () => Promise<void>;
}

/** A server of one's own, to be killed and brought back. */
export interface TempPostgres extends TempDatabases {
  /** SIGKILL to the server; returns when it is gone. */
  readonly kill: () => Promise<void>;
  /** Brings it back with its data, on its port. */
  readonly restart: () => Promise<void>;
}

/**
 * New databases for one test file: on the server that `SIGNALBOX_TEST_DATABASE_URL` names (its role must
 * be a superuser), else on a server of our own.
 */
export async function tempDatabases(): Promise<TempDatabases> {
  const shared = process.env['SIGNALBOX_TEST_DATABASE_URL'];
  return shared === undefined ? tempPostgres() : databasesOf(shared);
}

/** A real PostgreSQL on loopback, in a new folder; it ends with this process, however that ends. */
export async function tempPostgres(): Promise<TempPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-postgres-'));
  const cluster = await makeCluster(folder);
  let server = await onFreePorts([undefined], ([port = 0]) => serve(cluster, port));
  const databases = databasesOf(`postgresql://signalbox@127.0.0.1:${server.port}/postgres`);

  const end = async (how: () => void): Promise<void> => {
    how();
    await server.gone;
  };
  return {
    migrated: databases.migrated,
    empty: databases.empty,
    kill: () =>
      end(() => {
        process.kill(postmasterPid(cluster.data), 'SIGKILL');
        server.keeper.stdin?.end();
      }),
    restart: async () => {
      server = await serve(cluster, server.port);
    },
    stop: async () => {
      await end(() => server.keeper.stdin?.end());
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function databasesOf(adminUrl: string): TempDatabases {
  const made: string[] = [];
  let template: Promise<string> | undefined;

  const make = async (from: string): Promise<string> => {
    const name = `t_${randomUUID().replaceAll('-', '')}`;
    await administer(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${from}`);
    made.push(name);
    return name;
  };
  const urlOf = (name: string): string => {
    const url = new URL(adminUrl);
    url.pathname = `/${name}`;
    return url.href;
  };
  const makeTemplate = async (): Promise<string> => {
    const name = await make('template0');
    await migrate(urlOf(name));
    return name;
  };

  return {
    migrated: async () => urlOf(await make(await (template ??= makeTemplate()))),
    empty: async () => urlOf(await make('template0')),
    stop: async () => {
      for (const name of made) await administer(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

interface Cluster {
  readonly data: string;
  readonly programs: PostgresPrograms;
  readonly account: { readonly uid: number; readonly gid: number } | null;
}

async function makeCluster(folder: string): Promise<Cluster> {
  const account = databaseAccount();
  const installed = await postgresPrograms(folder, false);
  const isReachable = account === null || isOpenToAll(dirname(installed.postgres));
  const programs = isReachable ? installed : await postgresPrograms(folder, true);
  if (account !== null) chownSync(folder, account.uid, account.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const args = ['-D', data, '-U', 'signalbox', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await promisify(execFile)(programs.initdb, args, { ...ids(account), cwd: folder, env: {} });
  return { data, programs, account };
}

/** Whether every user can walk there: root's own home, for one, is closed. */
function isOpenToAll(directory: string): boolean {
  if ((statSync(directory).mode & 0o001) === 0) return false;
  return directory === dirname(directory) || isOpenToAll(dirname(directory));
}

const ids = (account: Cluster['account']) => (account === null ? {} : { uid: account.uid, gid: account.gid });

interface Server {
  readonly port: number;
  /** A shell that ends the server when its standard input closes: so it never outlives this process. */
  readonly keeper: ChildProcess;
  readonly gone: Promise<void>;
}

const KEEPER = `
exec 3<&0
"$0" "$@" 3<&- &
server=$!
{ cat <&3; kill -INT $server; } >/dev/null 2>&1 &
exec 3<&-
wait $server`;

async function serve(cluster: Cluster, port: number): Promise<Server> {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '100',
    shared_buffers: '32MB',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const keeper = spawn('/bin/sh', ['-c', KEEPER, cluster.programs.postgres, '-D', cluster.data, ...args], {
    ...ids(cluster.account),
    cwd: cluster.data,
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => keeper.once('close', () => resolve()));
  await untilReady(keeper);
  return { port, keeper, gone };
}

function untilReady(keeper: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    keeper.stderr?.on('data', (chunk: Buffer) => {
      log = `${log}${chunk.toString()}`.slice(-10_000);
      if (log.includes('ready to accept connections')) resolve();
    });
    keeper.once('error', reject);
    keeper.once('exit', () => {
      keeper.stdin?.end();
      reject(new Error(`PostgreSQL did not start:\n${log}`));
    });
  });
}

function postmasterPid(data: string): number {
  return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
}
