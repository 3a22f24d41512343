import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { RunError } from '../../core/errors.js';
import { databaseAccount, type Account } from './account.js';
import { fullDisk, unusableDirectory } from './failure.js';
import type { Environment } from './options.js';
import { postgresPrograms, type PostgresPrograms } from './postgres-programs.js';
import { readIfThere, writePrivateFile } from './private-file.js';

/** A database cluster on disk, ready to be served. */
export interface PostgresCluster {
  readonly base: string;
  readonly data: string;
  readonly programs: PostgresPrograms;
  readonly account: Account | null;
  readonly secrets: PostgresSecrets;
}

export interface PostgresSecrets {
  readonly superuserPassword: string;
  readonly applicationPassword: string;
}

export const SUPERUSER = 'postgres';

const SETTINGS = `listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200
logging_collector = off
log_timezone = 'UTC'
timezone = 'UTC'
`;

/**
 * The cluster under `base`, made first where there is none.
 * What is made is either whole or not there: passwords come first, and the data gets its name last.
 * @throws RunError `STACK_…`
 */
export async function makeCluster(base: string, environment: Environment): Promise<PostgresCluster> {
  const account = databaseAccount();
  try {
    makeBase(base, account);
    const programs = await postgresPrograms(base, account !== null);
    const cluster = { base, data: join(base, 'data'), programs, account, secrets: makeSecrets(base) };
    if (!existsSync(cluster.data)) await initialise(cluster, environment);
    refuseOtherVersion(cluster);
    return cluster;
  } catch (error) {
    throw error instanceof RunError ? error : (fullDisk(base) ?? unusableDirectory(base, error));
  }
}

/** The account may walk through `base` to its data, whatever our umask, and read nothing else there. */
function makeBase(base: string, account: Account | null): void {
  mkdirSync(base, { recursive: true });
  chmodSync(base, account === null ? 0o700 : 0o710);
  if (account === null) return;
  chownSync(base, 0, account.gid);
  chmodSync(dirname(base), 0o755);
}

function makeSecrets(base: string): PostgresSecrets {
  const file = join(base, 'secrets.json');
  const known = readIfThere(file);
  if (known !== null) return JSON.parse(known) as PostgresSecrets;
  const secret = () => randomBytes(24).toString('base64url');
  const secrets = { superuserPassword: secret(), applicationPassword: secret() };
  writePrivateFile(file, JSON.stringify(secrets));
  return secrets;
}

async function initialise(cluster: PostgresCluster, environment: Environment): Promise<void> {
  const draft = join(cluster.base, 'data.draft');
  const passwordFile = join(cluster.base, 'initdb-password');
  rmSync(draft, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  try {
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(passwordFile, cluster.secrets.superuserPassword, { mode: 0o600 });
    if (cluster.account)
      for (const path of [draft, passwordFile]) chownSync(path, cluster.account.uid, cluster.account.gid);
    await runInitdb(cluster, draft, { passwordFile, environment });
    writeFileSync(
      join(draft, 'postgresql.conf'),
      readFileSync(join(draft, 'postgresql.conf'), 'utf8') + SETTINGS,
    );
    renameSync(draft, cluster.data);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

async function runInitdb(
  cluster: PostgresCluster,
  draft: string,
  by: { readonly passwordFile: string; readonly environment: Environment },
): Promise<void> {
  const args = [
    ...['--pgdata', draft, '--username', SUPERUSER, '--pwfile', by.passwordFile, '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
  ];
  const account = cluster.account ? { uid: cluster.account.uid, gid: cluster.account.gid } : {};
  try {
    const where = { cwd: cluster.base, env: { ...by.environment }, ...account };
    await promisify(execFile)(cluster.programs.initdb, args, { ...where, timeout: 120_000 });
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim().split('\n') ?? [];
    const message = `PostgreSQL's initdb could not make a database in ${cluster.base}: ${said.join('; ') || String(cause)}.`;
    throw fullDisk(cluster.base) ?? new RunError('STACK_PART_FAILED', message, { log: said }, { cause });
  }
}

function refuseOtherVersion(cluster: PostgresCluster): void {
  const found = readIfThere(join(cluster.data, 'PG_VERSION'))?.trim();
  if (found === cluster.programs.majorVersion) return;
  const message = `${cluster.data} was made by PostgreSQL ${found ?? 'of an unknown version'}, and the installed one is ${cluster.programs.majorVersion}. Move it away to begin empty, or install the signalbox that made it to dump it.`;
  throw new RunError('STACK_PART_FAILED', message, { data: cluster.data });
}
