import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempDatabases, type TempDatabases } from '../support/temp-postgres.js';
import { GUARD_TABLE, launchTogether, type GuardKind } from './archon-guard.js';
import { judge } from './checkers/judge.js';
import { evidenceOf } from './checkers/some-evidence.js';

const ROUNDS = 100;
const LAUNCHES = 6;

let databases: TempDatabases;

beforeAll(async () => {
  databases = await tempDatabases();
});

afterAll(() => databases.stop());

describe('the checkers, with a query and an update in place of the ID of a Temporal workflow', () => {
  it.each<GuardKind>(['running-rows', 'pending-rows'])(
    'find two winners of one window: the guard that looks at %s',
    async (guard) => {
      const pool = new pg.Pool({ connectionString: await databases.empty(), max: LAUNCHES });
      await pool.query(GUARD_TABLE);
      const found = new Set<string>();
      for (let round = 0; round < ROUNDS && found.size < 2; round += 1) {
        const left = await launchTogether(pool, guard, { path: `/repo/${round}`, launches: LAUNCHES });
        for (const { invariant } of judge(evidenceOf(left))) found.add(invariant);
      }
      await pool.end();
      expect([...found].sort()).toEqual(['I1', 'I5']);
    },
  );
});
