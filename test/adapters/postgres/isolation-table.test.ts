import { describe, expect, it } from 'vitest';
import { makeIsolationRows, makeIsolationTable, makeRunTable } from '../../../src/adapters/postgres/index.js';
import type { RunId, WorkingPath } from '../../../src/core/ids.js';
import type { RunWorktree } from '../../../src/ports/isolation-table.js';
import { aFirstWrite, anIdentity, aRunId, yes } from '../../support/mirror-writes.js';
import { silentLogger } from '../../support/silent-logger.js';
import { useDatabase } from '../../support/use-database.js';

const database = useDatabase();

const select = async (query: string, ...values: unknown[]): Promise<Record<string, unknown>[]> =>
  (await database.pool.query<Record<string, unknown>>(query, values)).rows;

/** A run in a worktree of a repository, with its row. */
async function aRunIn(codebasePath: string, over: Partial<RunWorktree> = {}): Promise<RunWorktree> {
  const runId = aRunId();
  const workingPath = `${codebasePath}-trees/archon/task-${over.identifier ?? 'x'}`;
  const identity = anIdentity({ runId, codebasePath, workingPath: workingPath as WorkingPath });
  await makeRunTable(database.pool).open(aFirstWrite({ identity }), yes);
  return { runId, identifier: 'x', branch: 'archon/task-x', workingPath, ...over };
}

const record = (worktree: RunWorktree): Promise<void> =>
  makeIsolationTable(database.pool, silentLogger).record(worktree);

const codebaseOf = async (runId: RunId): Promise<Record<string, unknown> | undefined> =>
  (
    await select(
      `SELECT codebase.default_cwd, codebase.name FROM remote_agent_workflow_runs AS run
       JOIN remote_agent_codebases AS codebase ON codebase.id = run.codebase_id WHERE run.id = $1`,
      runId,
    )
  )[0];

describe('a run in a worktree', () => {
  it('belongs to the codebase of its repository, as its siblings do', async () => {
    const [one, other] = [await aRunIn('/home/me/widgets'), await aRunIn('/home/me/widgets')];
    for (const { runId } of [one, other]) {
      expect(await codebaseOf(runId)).toEqual({ default_cwd: '/home/me/widgets', name: 'widgets' });
    }
    const rows = await select(
      "SELECT id FROM remote_agent_codebases WHERE default_cwd LIKE '/home/me/widgets%'",
    );
    expect(rows).toHaveLength(1);
  });

  it('has an isolation environment, which its conversation and its metadata name', async () => {
    const worktree = await aRunIn('/home/me/engine');
    await record(worktree);
    const [row] = await select(
      `SELECT environment.*, conversation.cwd, run.metadata FROM remote_agent_workflow_runs AS run
       JOIN remote_agent_conversations AS conversation ON conversation.id = run.conversation_id
       JOIN remote_agent_isolation_environments AS environment ON environment.id = conversation.isolation_env_id
       WHERE run.id = $1 AND environment.codebase_id = run.codebase_id`,
      worktree.runId,
    );
    expect(row).toMatchObject({
      workflow_type: 'task',
      workflow_id: 'x',
      provider: 'worktree',
      working_path: worktree.workingPath,
      branch_name: 'archon/task-x',
      status: 'active',
      created_by_platform: 'signalbox',
      cwd: worktree.workingPath,
      metadata: {
        branch_name: 'archon/task-x',
        isolation_env_id: row?.['id'],
      },
    });
  });

  it('uses the one that its task has, again and again, until that is given up', async () => {
    const [one, other] = [await aRunIn('/home/me/wheel'), await aRunIn('/home/me/wheel')];
    await record(one);
    await record(one);
    await record({ ...other, branch: 'archon/task-renamed' });
    const rows = makeIsolationRows(database.pool);
    const [first, ...more] = await rows.active('/home/me/wheel');
    expect(more).toEqual([]);
    expect(first).toMatchObject({ identifier: 'x', branch: 'archon/task-renamed', platform: 'signalbox' });
    await rows.retire(first!.id);
    expect(await rows.active('/home/me/wheel')).toEqual([]);
    await record(other);
    expect(await rows.active('/home/me/wheel')).toHaveLength(1);
  });
});

describe('isolation environments', () => {
  it('are told by repository, with the time when they were used last', async () => {
    await record(await aRunIn('/home/me/one', { identifier: 'a', branch: 'archon/task-a' }));
    await record(await aRunIn('/home/me/two', { identifier: 'b', branch: 'archon/task-b' }));
    const rows = makeIsolationRows(database.pool);
    const [only] = await rows.active('/home/me/one');
    expect(only).toMatchObject({ repository: '/home/me/one', type: 'task', identifier: 'a' });
    expect(only?.lastUsedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    const all = (await rows.active(null)).map(({ repository }) => repository);
    expect(all).toEqual(expect.arrayContaining(['/home/me/one', '/home/me/two']));
  });
});
