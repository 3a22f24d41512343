import { readIfThere } from './private-file.js';
import { RunError } from '../../core/errors.js';
import { isRoot } from './layout.js';

/** An account of this system that may run PostgreSQL, which refuses to run as root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const CANDIDATES = ['postgres', '_postgres', 'nobody', 'daemon'];

/**
 * Under whom PostgreSQL runs: null is this very user.
 * @throws RunError `STACK_NO_ACCOUNT`
 */
export function databaseAccount(): Account | null {
  return isRoot() ? chooseAccount(readIfThere('/etc/passwd') ?? '') : null;
}

/** @param passwd text of `/etc/passwd` */
export function chooseAccount(passwd: string): Account {
  const accounts = passwd.split('\n').flatMap(parseAccount);
  const known = CANDIDATES.flatMap((name) => accounts.find((account) => account.name === name) ?? []);
  if (known[0] !== undefined) return known[0];
  throw new RunError(
    'STACK_NO_ACCOUNT',
    `PostgreSQL does not run as root, and /etc/passwd has none of the accounts ${CANDIDATES.join(', ')}. Add one (useradd --system postgres), or run as an ordinary user.`,
  );
}

function parseAccount(line: string): Account[] {
  const [name, , uid, gid] = line.split(':');
  if (name === undefined || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return [];
  const account = { name, uid: Number(uid), gid: Number(gid) };
  return account.uid === 0 ? [] : [account];
}
