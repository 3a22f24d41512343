import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addWorkflows, chainOf, makeRepository } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { raiseLiveStack, type LiveStack } from '../support/live-stack.js';

const SECONDS = 1000;
/** A worker is back within a second or two; its supervisor waits half a second before it starts it. */
const SOON = 20 * SECONDS;

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
  eventually(() => readFile(join(repository, file), 'utf8'), 30 * SECONDS);

async function detach(name: string, text: string): Promise<string> {
  await addWorkflows(repository, { [name]: text });
  const started = await stack.cli.run(['run', name, '--detach', '--json'], { cwd: repository });
  expect(started.exitCode, started.stderr).toBe(0);
  return (JSON.parse(started.stdout) as { runId: string }).runId;
}

async function killWorker(): Promise<void> {
  const listed = JSON.parse((await stack.cli.run(['ps', '--json'])).stdout) as {
    parts: { name: string; pid: number }[];
  };
  process.kill(listed.parts.find(({ name }) => name === 'worker')!.pid, 'SIGKILL');
}

const becomes = (runId: string, status: string): Promise<Record<string, unknown>> =>
  eventually(async () => {
    const { rows } = await stack.database.query<{ status: string; metadata: Record<string, unknown> }>(
      'SELECT status, metadata FROM remote_agent_workflow_runs WHERE id = $1',
      [runId],
    );
    expect(rows[0]?.status).toBe(status);
    return rows[0]!.metadata;
  }, SOON);

describe('a worker that is killed while a node runs', () => {
  it('does not keep a run from being cancelled meanwhile', async () => {
    const retry = { max_attempts: 1, delay_ms: 60_000 };
    const node = { id: 'n1', bash: 'echo up > stopping; sleep 300', retry };
    const runId = await detach('stop', JSON.stringify({ name: 'stop', description: 'stop', nodes: [node] }));
    await appears('stopping');
    await killWorker();
    const cancelled = await stack.cli.run(['cancel', runId]);
    expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    await becomes(runId, 'cancelled');
  });

  it('is followed by one that knows the node to be interrupted', async () => {
    const runId = await detach('long', chainOf('long', 'echo up > begun; sleep 300'));
    await appears('begun');
    await killWorker();
    const { error } = await becomes(runId, 'failed');
    expect(error).toContain('interrupted: its worker');
  });

  it('has the node run again that asks for it', async () => {
    const script = 'if [ -e again ]; then echo done; else echo up > again; sleep 300; fi';
    const node = { id: 'n1', bash: script, retry: { max_attempts: 1, delay_ms: 1000 } };
    const runId = await detach(
      'again',
      JSON.stringify({ name: 'again', description: 'again', nodes: [node] }),
    );
    await appears('again');
    await killWorker();
    await becomes(runId, 'completed');
  });
});
