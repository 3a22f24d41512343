import { readFile } from 'node:fs/promises';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkTables, makePool, migrate } from '../../../src/adapters/postgres/index.js';
import { archonTables, shapesOf } from '../../support/table-shapes.js';
import { type TempDatabases, tempDatabases } from '../../support/temp-postgres.js';

const ARCHON = await readFile(new URL('../../fixtures/archon/tables.sql', import.meta.url), 'utf8');
const OURS = ['boots', 'epochs', 'hosts', 'migrations', 'node_results', 'runs', 'texts'];

let databases: TempDatabases;
beforeAll(async () => {
  databases = await tempDatabases();
});
afterAll(() => databases.stop());

/** Runs `work` with a pool on `url`, and closes it. */
async function on<T>(url: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = makePool(url);
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

const ownTables = async (pool: Pool): Promise<string[]> => {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'signalbox' ORDER BY 1`,
  );
  return rows.map((row) => row.name);
};

describe('migrate', () => {
  test('makes our tables, and those of Archon that we use, in an empty database', async () => {
    const url = await databases.empty();
    await migrate(url);
    await on(url, async (pool) => {
      expect(await ownTables(pool)).toEqual(OURS);
      expect(await archonTables(pool)).toEqual([
        'remote_agent_codebases',
        'remote_agent_conversations',
        'remote_agent_isolation_environments',
        'remote_agent_users',
        'remote_agent_workflow_events',
        'remote_agent_workflow_runs',
      ]);
    });
  });

  test("makes Archon's tables exactly as Archon does, its trigger included", async () => {
    const [ours, archons] = [await databases.migrated(), await databases.empty()];
    await on(ours, (our) =>
      on(archons, async (archon) => {
        await archon.query(ARCHON);
        const made = await archonTables(our);
        expect(await shapesOf(our, made)).toEqual(await shapesOf(archon, made));
      }),
    );
  });

  test('leaves a database that Archon made as it is', async () => {
    const url = await databases.empty();
    await on(url, async (pool) => {
      await pool.query(ARCHON);
      const tables = await archonTables(pool);
      const before = await shapesOf(pool, tables);
      await migrate(pool);
      expect(await archonTables(pool)).toEqual(tables);
      expect(await shapesOf(pool, tables)).toEqual(before);
      expect(await ownTables(pool)).toEqual(OURS);
    });
  });

  test('leaves an older table of Archon as it is, and the check names what it lacks', async () => {
    const url = await databases.empty();
    await on(url, async (pool) => {
      await pool.query(ARCHON);
      await pool.query('ALTER TABLE remote_agent_workflow_runs DROP COLUMN output_root');
      await migrate(pool);
      expect(await checkTables(pool)).toMatchObject({
        pendingMigrations: [],
        missingColumns: ['remote_agent_workflow_runs.output_root'],
      });
    });
  });

  test('run again changes nothing', async () => {
    const url = await databases.migrated();
    await on(url, async (pool) => {
      const done = async () =>
        (await pool.query<{ name: string; run_on: Date }>('SELECT * FROM signalbox.migrations ORDER BY id'))
          .rows;
      const before = await done();
      await migrate(url);
      await migrate(pool);
      expect(await done()).toEqual(before);
    });
  });

  test('raced by 32 callers runs each migration once', async () => {
    const url = await databases.empty();
    await Promise.all(Array.from({ length: 32 }, () => migrate(url)));
    await on(url, async (pool) => {
      const { rows } = await pool.query<{ name: string }>(
        'SELECT name FROM signalbox.migrations ORDER BY id',
      );
      expect(rows.map((row) => row.name)).toEqual([
        '0001_signalbox-tables',
        '0002_archon-tables',
        '0003_worker-watch',
        '0004_resume',
        '0005_sub-runs',
        '0006_worktrees',
      ]);
    });
  });

  test('works for the owner of a database who is no superuser', async () => {
    const url = new URL(await databases.empty());
    const owner = `owner_${url.pathname.slice(1)}`;
    await on(url.href, async (pool) => {
      await pool.query(`CREATE ROLE ${owner} LOGIN PASSWORD 'secret' NOSUPERUSER`);
      await pool.query(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${owner}`);
    });
    const byOwner = new URL(url);
    byOwner.username = owner;
    byOwner.password = 'secret';
    await migrate(byOwner.href);
    expect(await on(byOwner.href, ownTables)).toEqual(OURS);
    await on(url.href, (pool) =>
      pool.query(`REASSIGN OWNED BY ${owner} TO CURRENT_USER; DROP OWNED BY ${owner}; DROP ROLE ${owner}`),
    );
  });

  test('asks no rights of a role that finds everything done', async () => {
    const url = new URL(await databases.migrated());
    const reader = `reader_${url.pathname.slice(1)}`;
    await on(url.href, (pool) =>
      pool.query(`CREATE ROLE ${reader} LOGIN PASSWORD 'secret';
        GRANT USAGE ON SCHEMA signalbox TO ${reader}; GRANT SELECT ON ALL TABLES IN SCHEMA signalbox TO ${reader}`),
    );
    const byReader = new URL(url);
    byReader.username = reader;
    byReader.password = 'secret';
    await expect(migrate(byReader.href)).resolves.toBeUndefined();
    await on(url.href, (pool) => pool.query(`DROP OWNED BY ${reader}; DROP ROLE ${reader}`));
  });

  test('of a role named like our schema leaves the schema for Archon alone', async () => {
    const url = await databases.empty();
    const ours = new URL(url);
    ours.searchParams.set('options', '-c search_path=signalbox,public');
    await migrate(ours.href);
    await on(url, async (pool) => {
      const { rows } = await pool.query<{ schema: string }>(
        `SELECT DISTINCT table_schema AS schema FROM information_schema.tables WHERE table_name LIKE 'remote%'`,
      );
      expect(rows).toEqual([{ schema: 'public' }]);
      expect((await pool.query('SHOW search_path')).rows).toEqual([{ search_path: 'public' }]);
    });
  });

  test('without a server is DATABASE_UNREACHABLE, naming address and next step but no password', async () => {
    const failure = await migrate('postgresql://me:hunter2@127.0.0.1:1/runs').catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect(String(failure)).toMatch(/127\.0\.0\.1:1\/runs.*ECONNREFUSED.*signalbox/);
    expect(String(failure)).not.toContain('hunter2');
  });
});

describe('checkTables', () => {
  test('tells server, address and that nothing is missing', async () => {
    const url = await databases.migrated();
    const check = await on(url, checkTables);
    expect(check).toEqual({
      address: new URL(url).host + new URL(url).pathname,
      serverVersion: expect.stringMatching(/^\d+\.\d+/) as string,
      pendingMigrations: [],
      missingColumns: [],
    });
  });

  test('tells of an empty database what is to be made', async () => {
    const check = await on(await databases.empty(), checkTables);
    expect(check.pendingMigrations).toEqual([
      '0001_signalbox-tables',
      '0002_archon-tables',
      '0003_worker-watch',
      '0004_resume',
      '0005_sub-runs',
      '0006_worktrees',
    ]);
    expect(check.missingColumns).toContain('remote_agent_workflow_runs.id');
  });
});
