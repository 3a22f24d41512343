import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.js';
import { addWorkflows, chainOf, makeRepository } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { bornWith } from '../support/living-processes.js';
import { raiseLiveStack, type LiveStack } from '../support/live-stack.js';

const SECONDS = 1000;
/** Twelve seconds are promised for what only a pass of the reconciler finds. */
const PASS = 60 * SECONDS;
/** Two seconds are promised for what Archon's tools write. */
const CARRIED = 20 * SECONDS;

let stack: LiveStack;
let repository: string;
beforeAll(async () => {
  stack = await raiseLiveStack();
  repository = await makeRepository({});
}, 300 * SECONDS);
afterAll(async () => {
  await stack.remove();
  await rm(repository, { recursive: true, force: true });
});

const appears = (file: string): Promise<string> =>
  eventually(async () => {
    const text = await readFile(join(repository, file), 'utf8');
    expect(text).not.toBe('');
    return text;
  }, 30 * SECONDS);

async function detach(name: string, text: string): Promise<string> {
  await addWorkflows(repository, { [name]: text });
  const started = await stack.cli.run(['run', name, '--detach', '--json'], { cwd: repository });
  expect(started.exitCode, started.stderr).toBe(0);
  return (JSON.parse(started.stdout) as { runId: string }).runId;
}

async function rowOf(runId: string) {
  const { rows } = await stack.database.query<{ status: string; metadata: JsonObject }>(
    'SELECT status, metadata FROM remote_agent_workflow_runs WHERE id = $1',
    [runId],
  );
  return rows[0]!;
}

const becomes = (runId: string, status: string, deadlineMs: number) =>
  eventually(async () => {
    const row = await rowOf(runId);
    expect(row.status).toBe(status);
    return row;
  }, deadlineMs);

const workerPid = async (): Promise<number> => {
  const listed = JSON.parse((await stack.cli.run(['ps', '--json'])).stdout) as {
    parts: { name: string; pid: number }[];
  };
  return listed.parts.find(({ name }) => name === 'worker')!.pid;
};

const COUNTING = (file: string): string => `trap '' TERM; while true; do echo x >> ${file}; sleep 0.05; done`;

describe('a run that somebody terminates in Temporal', () => {
  it('leaves nothing alive, and its row says who did it and why', async () => {
    const runId = await detach('wild', chainOf('wild', COUNTING('wild-count')));
    await appears('wild-count');
    expect(bornWith(`SIGNALBOX_RUN_ID=${runId}`)).not.toEqual([]);
    const { temporalWorkflowId } = await stack.orchestrator.find(runId);
    await stack.client.workflow.getHandle(temporalWorkflowId!).terminate('it ran wild');
    const { metadata } = await becomes(runId, 'cancelled', PASS);
    expect(bornWith(`SIGNALBOX_RUN_ID=${runId}`)).toEqual([]);
    expect(metadata['signalbox']).toMatchObject({
      cancellation: { by: stack.client.options.identity, reason: 'terminated in Temporal: it ran wild' },
    });
    const got = await stack.cli.run(['get', runId]);
    expect(got.stdout).toContain('terminated in Temporal: it ran wild');
  });
});

describe("what Archon's tools write", () => {
  const gated = {
    name: 'gated',
    description: 'gated',
    nodes: [
      { id: 'review', approval: { message: 'good?' } },
      { id: 'ship', bash: 'echo shipped', depends_on: ['review'] },
    ],
  };

  it('an approval, takes the run on', async () => {
    const runId = await detach('gated', JSON.stringify(gated));
    await becomes(runId, 'paused', 30 * SECONDS);
    await stack.database.query(
      `WITH row AS (
         UPDATE remote_agent_workflow_runs SET metadata = metadata
           || jsonb_build_object('approval', metadata -> 'approval' || '{"resolved":"approved"}')
           || '{"approval_response":"approved","rejection_reason":"","rejection_count":0}' WHERE id = $1)
       INSERT INTO remote_agent_workflow_events (workflow_run_id, event_type, step_name, data) VALUES
         ($1, 'node_completed', 'review', '{"node_output":"","approval_decision":"approved"}'),
         ($1, 'approval_received', 'review', '{"decision":"approved","comment":"good"}')`,
      [runId],
    );
    await becomes(runId, 'completed', CARRIED);
    const { rows } = await stack.database.query<{ event_type: string }>(
      `SELECT event_type FROM remote_agent_workflow_events WHERE workflow_run_id = $1 AND step_name = 'review'
       ORDER BY event_order`,
      [runId],
    );
    expect(rows.map(({ event_type }) => event_type)).toEqual([
      'approval_requested',
      'node_completed',
      'approval_received',
    ]);
  });

  it('an abandon, cancels the run and ends what it does', async () => {
    const runId = await detach('left', chainOf('left', COUNTING('left-count')));
    await appears('left-count');
    await stack.database.query(`UPDATE remote_agent_workflow_runs SET status = 'cancelled' WHERE id = $1`, [
      runId,
    ]);
    await eventually(async () => {
      const { status, metadata } = await rowOf(runId);
      expect([status, metadata['signalbox']]).toMatchObject([
        'cancelled',
        { cancellation: { by: 'archon', reason: "cancelled with Archon's tools" } },
      ]);
    }, CARRIED);
    expect(bornWith(`SIGNALBOX_RUN_ID=${runId}`)).toEqual([]);
  });
});

describe('a worker that is silent', () => {
  it(
    'shows in status and get of its runs, until it is back',
    async () => {
      const runId = await detach('silent', chainOf('silent', 'echo up > silent-begun; sleep 300'));
      await appears('silent-begun');
      const pid = await workerPid();
      process.kill(pid, 'SIGSTOP');
      const shown = async (...args: string[]): Promise<string> => (await stack.cli.run(args)).stdout;
      try {
        await eventually(async () => {
          expect(await shown('get', runId)).toContain('no worker has been heard of');
        }, 90 * SECONDS);
        expect(await shown('status')).toContain('no worker has been heard of');
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await eventually(async () => {
        expect(await shown('get', runId)).not.toContain('no worker has been heard of');
      }, 60 * SECONDS);
      expect((await stack.cli.run(['cancel', runId])).exitCode).toBe(0);
    },
    240 * SECONDS,
  );
});

describe('a second worker of the same user', () => {
  it(
    'stands by, and takes over when the first is killed',
    async () => {
      const second = stack.cli.start(['worker']);
      await eventually(() => expect(second.output().stderr).toContain('standing by'), 60 * SECONDS);
      const serving = async (): Promise<string> => {
        const { rows } = await stack.database.query<{ instance: string }>(
          'SELECT instance FROM signalbox.hosts ORDER BY last_seen DESC LIMIT 1',
        );
        return rows[0]!.instance;
      };
      const before = await serving();
      process.kill(await workerPid(), 'SIGKILL');
      await eventually(async () => expect(await serving()).not.toBe(before), 30 * SECONDS);
      const runId = await detach('after', chainOf('after', 'echo served'));
      await becomes(runId, 'completed', 30 * SECONDS);
      second.process.kill('SIGTERM');
      expect((await second.ended()).exitCode).toBe(0);
    },
    180 * SECONDS,
  );
});
