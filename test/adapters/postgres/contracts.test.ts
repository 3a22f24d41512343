import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Pool } from 'pg';
import {
  makePool,
  makeRunReader,
  makeRunTable,
  makeTextStore,
} from '../../../src/adapters/postgres/index.js';
import type { RunRecord } from '../../../src/ports/run-table.js';
import { runReaderContract } from '../../ports/run-reader.contract.js';
import { runTableContract } from '../../ports/run-table.contract.js';
import { textStoreContract } from '../../ports/text-store.contract.js';
import { type TempDatabases, tempDatabases } from '../../support/temp-postgres.js';

let databases: TempDatabases;
let shared: Pool;
const pools: Pool[] = [];

beforeAll(async () => {
  databases = await tempDatabases();
  shared = makePool(await databases.migrated());
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
});
afterAll(async () => {
  await shared.end();
  await databases.stop();
});

async function freshPool(): Promise<Pool> {
  const pool = makePool(await databases.migrated());
  pools.push(pool);
  return pool;
}

const subjectOn = (pool: Pool) => ({
  table: makeRunTable(pool),
  reader: makeRunReader(pool),
  addArchonRun: (record: RunRecord) => insertArchonRun(pool, record),
});

async function insertArchonRun(pool: Pool, record: RunRecord): Promise<void> {
  const { runId, workflowName, status, userMessage, workingPath, startedAt, completedAt, metadata } = record;
  await pool.query(
    `INSERT INTO remote_agent_workflow_runs
       (id, workflow_name, status, user_message, working_path, started_at, completed_at, last_activity_at, metadata)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      runId,
      workflowName,
      status,
      userMessage,
      workingPath,
      startedAt,
      completedAt,
      record.lastActivityAt,
      metadata,
    ],
  );
}

runTableContract('Postgres', () => Promise.resolve(subjectOn(shared)));
runReaderContract('Postgres', async () => subjectOn(await freshPool()));
textStoreContract('Postgres', () => Promise.resolve(makeTextStore(shared)));
