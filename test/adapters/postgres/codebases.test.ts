import { expect, it } from 'vitest';
import { defaultBranchOf } from '../../../src/adapters/postgres/index.js';
import { useDatabase } from '../../support/use-database.js';

const database = useDatabase();

const register = (directory: string, branch: string | null): Promise<unknown> =>
  database.pool.query(
    'INSERT INTO remote_agent_codebases (name, default_cwd, default_branch) VALUES ($1, $2, $3)',
    ['widgets', directory, branch],
  );

it('the default branch of a codebase is the one that Archon has noted', async () => {
  await register('/home/me/widgets', 'trunk');
  expect(await defaultBranchOf(database.pool, '/home/me/widgets')).toBe('trunk');
});

it('a codebase without one, and a directory that is none, have no default branch', async () => {
  await register('/home/me/engine', null);
  expect(await defaultBranchOf(database.pool, '/home/me/engine')).toBe('');
  expect(await defaultBranchOf(database.pool, '/home/me/unknown')).toBe('');
});

it('tables of an older Archon, which have no place for one, count as having none', async () => {
  const { pool } = database;
  await register('/home/me/older', 'trunk');
  await pool.query('ALTER TABLE remote_agent_codebases RENAME COLUMN default_branch TO was_default_branch');
  expect(await defaultBranchOf(pool, '/home/me/older')).toBe('');
  await pool.query('ALTER TABLE remote_agent_codebases RENAME COLUMN was_default_branch TO default_branch');
});
