import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { raiseEndings, SECONDS, type Endings } from './endings.js';

/** Design: the reconciler looks every ten seconds. Tests give five times as much. */
const RECONCILED_MS = 5 * 12 * SECONDS;

const LONG = { timeout: 300 * SECONDS };

let endings: Endings;

beforeAll(async () => {
  endings = await raiseEndings();
}, 900 * SECONDS);

afterAll(async () => {
  await endings.close();
  endings.remove();
}, 120 * SECONDS);

const handleOf = ({ temporalWorkflowId }: { temporalWorkflowId: string }) =>
  endings.client.workflow.getHandle(temporalWorkflowId);

/** Back to the end of its first workflow task. */
async function reset(temporalWorkflowId: string, temporalRunId?: string): Promise<void> {
  const { client } = endings;
  const handle = client.workflow.getHandle(temporalWorkflowId, temporalRunId);
  const { events } = await handle.fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes);
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: temporalWorkflowId, runId: (await handle.describe()).runId },
    workflowTaskFinishEventId: first!.eventId!,
    requestId: crypto.randomUUID(),
    reason: 'an operator’s reset',
  });
}

describe('a run that ends by itself', LONG, () => {
  it('done: what its nodes left is gone before its row says so, and the next run begins', async () => {
    const held = await endings.begin('done');
    endings.letGo();
    await endings.becomes(held.runId, 'completed');
    expect(held.living()).toEqual([]);
    expect(await endings.reads(held.runId)).toMatch(/status +completed/);
    await endings.nextRunBegins(held);
  });

  it('failed: what its nodes left is gone before its row says so, and the next run begins', async () => {
    const held = await endings.begin('broken');
    endings.letGo();
    await endings.becomes(held.runId, 'failed');
    expect(held.living()).toEqual([]);
    expect(await endings.reads(held.runId)).toContain('[exit 3]: cannot do it');
    await endings.nextRunBegins(held);
  });
});

describe('a run that is ended', LONG, () => {
  it('cancelRun: the command returns when its processes are gone, deaf ones too', async () => {
    const held = await endings.begin();
    const cancelled = await endings.cli.run(['cancel', held.runId, '--reason', 'enough']);
    expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    expect(held.living()).toEqual([]);
    await endings.becomes(held.runId, 'cancelled');
    expect(await endings.reads(held.runId)).toMatch(/cancelled +by .*: enough/);
    await endings.nextRunBegins(held);
  });

  it('Temporal cancel: its row says cancelled when its processes are gone', async () => {
    const held = await endings.begin();
    await handleOf(held).cancel();
    await endings.becomes(held.runId, 'cancelled');
    expect(held.living()).toEqual([]);
    expect(await endings.reads(held.runId)).toContain('cancelled in Temporal');
    await endings.nextRunBegins(held);
  });

  it('terminate: its processes are gone, then its row says who and why, though nobody starts anything', async () => {
    const held = await endings.begin();
    await handleOf(held).terminate('clicked by an operator');
    await endings.becomes(held.runId, 'cancelled', RECONCILED_MS);
    expect(held.living()).toEqual([]);
    expect(await endings.reads(held.runId)).toMatch(/terminated[\s\S]*clicked by an operator/);
    await endings.nextRunBegins(held);
  });

  it('terminate: a run that is started at once begins beside nothing of it', async () => {
    const held = await endings.begin();
    await handleOf(held).terminate('make room');
    await endings.nextRunBegins(held);
    await endings.becomes(held.runId, 'cancelled', RECONCILED_MS);
  });

  it('deletion: its processes are gone, then its row says how it ended', async () => {
    const held = await endings.begin();
    const { client } = endings;
    await client.workflowService.deleteWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId: held.temporalWorkflowId },
    });
    await endings.becomes(held.runId, 'cancelled', RECONCILED_MS);
    expect(held.living()).toEqual([]);
    expect(await endings.reads(held.runId)).toContain('Temporal does not know its execution any more');
    await endings.nextRunBegins(held);
  });
});

describe('a run that is reset', LONG, () => {
  it('while it is open: its processes are gone before its node begins again, and it goes on', async () => {
    const held = await endings.begin('through');
    const before = held.living();
    await reset(held.temporalWorkflowId);
    await eventually(() => {
      expect(held.living().filter((pid) => before.includes(pid))).toEqual([]);
      expect(held.living().length).toBeGreaterThanOrEqual(endings.processes - 1);
    }, 60 * SECONDS);
    endings.letGo();
    await endings.becomes(held.runId, 'completed');
    expect(held.living()).toEqual([]);
    await endings.nextRunBegins(held);
  });

  it('after it had closed: the newer run that is open ends, and its row tells of it', async () => {
    const old = await endings.begin('through');
    endings.letGo();
    await endings.becomes(old.runId, 'completed');
    const { runId: oldExecution } = await handleOf(old).describe();
    const newer = await endings.begin();
    const before = newer.living();
    await reset(old.temporalWorkflowId, oldExecution);
    await eventually(() => {
      expect(before.filter((pid) => newer.living().includes(pid))).toEqual([]);
      expect(old.living().length).toBeGreaterThanOrEqual(endings.processes - 1);
    }, 60 * SECONDS);
    await endings.becomes(newer.runId, 'cancelled', RECONCILED_MS);
    expect(await endings.reads(newer.runId)).toMatch(/reset|terminated/);
    await endings.becomes(old.runId, 'running');
    endings.letGo();
    await endings.becomes(old.runId, 'completed');
    await endings.nextRunBegins(old);
  });
});
