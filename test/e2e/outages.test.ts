import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Client as PgClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addWorkflows,
  chainOf,
  makeCliHome,
  makeRepository,
  workIn,
  type CliHome,
  type Worksite,
} from '../support/cli.js';
import { findEndpoints } from '../support/live-stack.js';
import { tempPostgres, type TempPostgres } from '../support/temp-postgres.js';

const SECONDS = 1000;
const ARCHON_TABLES = new URL('../fixtures/archon/tables.sql', import.meta.url);

let postgres: TempPostgres;
let databaseUrl: string;
let cli: CliHome;
let repository: string;
let site: Worksite;

beforeAll(async () => {
  postgres = await tempPostgres();
  databaseUrl = await postgres.empty();
  await query(await readFile(ARCHON_TABLES, 'utf8'));
  cli = await makeCliHome({ DATABASE_URL: databaseUrl });
  repository = await makeRepository({ hello: chainOf('hello', 'echo hello') });
  site = workIn(cli, repository);
  const setUp = await cli.run(['setup']);
  expect(setUp.exitCode, setUp.stderr).toBe(0);
}, 900 * SECONDS);

afterAll(async () => {
  await cli.remove();
  await postgres.stop();
  await rm(repository, { recursive: true, force: true });
});

async function query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new PgClient({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

const row = async (runId: string) => {
  const [found] = await query<{ status: string; metadata: Record<string, unknown> }>(
    'SELECT status, metadata FROM remote_agent_workflow_runs WHERE id = $1',
    [runId],
  );
  return found;
};

async function partPid(name: string): Promise<number> {
  const listed = JSON.parse((await cli.run(['ps', '--json'])).stdout) as {
    parts: { name: string; pid: number }[];
  };
  const part = listed.parts.find((each) => each.name === name);
  if (part === undefined) throw new Error(`the stack has no ${name}`);
  return part.pid;
}

describe('tables that Archon made', () => {
  it('hold a run of ours as its own tools read them', async () => {
    const runId = await site.detach('hello');
    await site.becomes(runId, 'completed');
    const [run] = await query<Record<string, unknown>>(
      `SELECT r.workflow_name, r.working_path, r.completed_at IS NOT NULL AS is_complete, c.platform_type,
              b.default_cwd, r.codebase_id = c.codebase_id AS same_codebase
       FROM remote_agent_workflow_runs r
       JOIN remote_agent_conversations c ON c.id = r.conversation_id
       JOIN remote_agent_codebases b ON b.id = r.codebase_id WHERE r.id = $1`,
      [runId],
    );
    expect(run).toEqual({
      workflow_name: 'hello',
      working_path: repository,
      is_complete: true,
      platform_type: 'signalbox',
      default_cwd: repository,
      same_codebase: true,
    });
    const events = await query<{ event_type: string; step_name: string | null }>(
      'SELECT event_type, step_name FROM remote_agent_workflow_events WHERE workflow_run_id = $1 ORDER BY created_at, event_order, id',
      [runId],
    );
    expect(events.map((event) => [event.event_type, event.step_name])).toEqual([
      ['workflow_started', null],
      ['node_started', 'n1'],
      ['node_completed', 'n1'],
      ['workflow_completed', null],
    ]);
  });

  it('stop a run beside an active run of Archon, before its first node', async () => {
    const [held] = await query<{ id: string }>(
      `INSERT INTO remote_agent_workflow_runs (workflow_name, user_message, status, working_path)
       VALUES ('theirs', '', 'running', $1) RETURNING id`,
      [repository],
    );
    await addWorkflows(repository, { touch: chainOf('touch', 'touch touched') });
    const refused = await site.run('run', 'touch');
    expect(refused.exitCode, refused.stderr).toBe(75);
    expect(refused.stderr).toContain('PATH_HELD_BY_ARCHON');
    expect(refused.stderr).toContain(held?.id);
    await expect(readFile(join(repository, 'touched'))).rejects.toThrow();
    await query('UPDATE remote_agent_workflow_runs SET status = $1 WHERE id = $2', ['cancelled', held?.id]);
    expect((await site.run('run', 'touch')).exitCode).toBe(0);
  });
});

describe('an outage in the middle of a run', () => {
  it(
    'of Postgres: twenty nodes go on, and nothing is lost',
    async () => {
      const nodes = Array.from({ length: 20 }, (_, index) =>
        index === 2 ? 'echo up > third; until [ -e on ]; do sleep 0.05; done' : `echo ${index} >> trace`,
      );
      await addWorkflows(repository, { twenty: chainOf('twenty', ...nodes, 'echo over > over') });
      const runId = await site.detach('twenty');
      await site.appears('third');
      await postgres.kill();
      await writeFile(join(repository, 'on'), '');
      await site.appears('over');
      await postgres.restart();
      await site.becomes(runId, 'completed');
      const completed = await query<{ step_name: string }>(
        `SELECT step_name FROM remote_agent_workflow_events
       WHERE workflow_run_id = $1 AND event_type = 'node_completed' ORDER BY created_at, event_order, id`,
        [runId],
      );
      expect(completed.map((event) => event.step_name)).toEqual(
        Array.from({ length: 21 }, (_, index) => `n${index + 1}`),
      );
    },
    180 * SECONDS,
  );

  it(
    'of Temporal: the node goes on, and the run ends as if nothing had been',
    async () => {
      await addWorkflows(repository, {
        through: chainOf('through', 'echo up > begun; sleep 4; echo survived', 'echo $n1.output'),
      });
      const watching = cli.start(['run', 'through'], { cwd: repository });
      await site.appears('begun');
      process.kill(await partPid('temporal'), 'SIGKILL');
      const ended = await watching.ended();
      expect(ended.exitCode, ended.stderr).toBe(0);
      expect(ended.stdout.trim()).toBe('survived');
    },
    180 * SECONDS,
  );
});

describe('a start request that somebody copied', () => {
  it('runs nothing and writes nothing, under the same ID or another', async () => {
    await addWorkflows(repository, { once: chainOf('once', 'echo run >> count') });
    const runId = await site.detach('once');
    await site.becomes(runId, 'completed');
    const { temporal } = await findEndpoints(cli);
    const connection = await Connection.connect({ address: temporal.address });
    const client = new Client({ connection, namespace: temporal.namespace });
    const got = JSON.parse((await cli.run(['get', runId, '--json'])).stdout) as {
      temporalWorkflowId: string;
    };
    const original = client.workflow.getHandle(got.temporalWorkflowId);
    const { taskQueue, memo } = await original.describe();
    const [payload] =
      (await original.fetchHistory()).events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ??
      [];
    const request: unknown = JSON.parse(Buffer.from(payload?.data ?? []).toString('utf8'));
    for (const [workflowId, code] of [
      [got.temporalWorkflowId, 'RUN_ID_REUSED'],
      ['run.somewhere-else', 'WRONG_WORKFLOW_ID'],
    ] as const) {
      const failure: unknown = await client.workflow
        .execute('run', { workflowId, taskQueue, args: [request], ...(memo === undefined ? {} : { memo }) })
        .catch((error: unknown) => (error as Error).cause);
      expect(failure).toMatchObject({ type: code });
    }
    expect((await readFile(join(repository, 'count'), 'utf8')).trim()).toBe('run');
    const rows = await query('SELECT id FROM remote_agent_workflow_runs WHERE workflow_name = $1', ['once']);
    expect(rows).toEqual([{ id: runId }]);
    expect((await row(runId))?.status).toBe('completed');
    await connection.close();
  });
});

describe('another home on the same Temporal', () => {
  it('is refused the path that a run of this home holds', async () => {
    await addWorkflows(repository, { hold: chainOf('hold', 'sleep 100') });
    const runId = await site.detach('hold');
    const { temporal } = await findEndpoints(cli);
    const other = await makeCliHome({ TEMPORAL_ADDRESS: temporal.address, DATABASE_URL: databaseUrl });
    const refused = await other.run(['run', 'hello'], { cwd: repository });
    expect(refused.exitCode, refused.stderr).toBe(75);
    expect(refused.stderr).toContain(runId.slice(0, 8));
    await other.remove();
    expect((await cli.run(['cancel', runId])).exitCode).toBe(0);
  });
});
