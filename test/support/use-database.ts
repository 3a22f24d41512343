import type { Pool } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { makePool } from '../../src/adapters/postgres/index.js';
import { type TempDatabases, tempDatabases } from './temp-postgres.js';

/** A database with all our tables, for the tests of one file; its values are there once they begin. */
export interface TestDatabase {
  readonly url: string;
  readonly pool: Pool;
  /** URL of another, with nothing in it. */
  empty(): Promise<string>;
}

export function useDatabase(): TestDatabase {
  let databases: TempDatabases;
  let made: Pick<TestDatabase, 'url' | 'pool'>;
  beforeAll(async () => {
    databases = await tempDatabases();
    const url = await databases.migrated();
    made = { url, pool: makePool(url) };
  });
  afterAll(async () => {
    await made.pool.end();
    await databases.stop();
  });
  return {
    empty: () => databases.empty(),
    get url() {
      return made.url;
    },
    get pool() {
      return made.pool;
    },
  };
}
