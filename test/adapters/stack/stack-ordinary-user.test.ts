import { chmodSync, chownSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { StackEndpoints } from '../../../src/ports/stack.js';
import { chooseAccount } from '../../../src/adapters/stack/account.js';
import { isRoot } from '../../../src/adapters/stack/layout.js';
import { stackBench, type StackBench } from '../../support/stack-bench.js';
import { ALL_DATA, findData, leaveData } from '../../support/stack-data.js';

let bench: StackBench;
afterEach(() => bench.close());

/**
 * How a command becomes that of an ordinary user: as it is, or, when we are root, as `nobody`. That one may read
 * everything, since this repository may lie in root's own home; it may write nothing of others.
 */
function asOrdinaryUser(): readonly string[] {
  if (!isRoot()) return [];
  const { uid, gid } = nobody();
  const reads = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    ...reads,
    'env',
    `HOME=${bench.directory}`,
  ];
}

function nobody(): { readonly uid: number; readonly gid: number } {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  return chooseAccount(lines.filter((line) => line.startsWith('nobody:')).join('\n'));
}

test('an ordinary user has a stack of one’s own, with everything under one’s home', async () => {
  bench = stackBench({ isForAnother: isRoot() });
  if (isRoot()) {
    chownSync(bench.directory, nobody().uid, nobody().gid);
    chmodSync(join(bench.directory, 'options.json'), 0o644);
  }
  const user = asOrdinaryUser();
  const up = await bench.inProcess('up', user);
  expect(up.code).toBeUndefined();
  const uid = isRoot() ? nobody().uid : process.getuid?.();
  const owners = bench.processes().map((pid) => statSync(`/proc/${pid}`).uid);
  expect(owners.length).toBeGreaterThanOrEqual(4);
  expect(new Set(owners)).toEqual(new Set([uid]));
  expect(statSync(join(bench.options.home, 'postgres/data')).mode & 0o777).toBe(0o700);

  await leaveData(up.value as StackEndpoints);
  await bench.kill('postgres', 'temporal', 'supervisor');
  const again = await bench.inProcess('ensure', user);
  expect(await findData(again.value as StackEndpoints)).toEqual(ALL_DATA);

  expect((await bench.inProcess('down', user)).code).toBeUndefined();
  expect(bench.processes()).toEqual([]);
});
