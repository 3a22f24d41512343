import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeExecutionWatch } from '../../src/adapters/temporal/execution-watch.js';
import { queueWorkflowId } from '../../src/contract/workflow-id.js';
import { reviveQueues, revivingQueues, type ReviveParts } from '../../worker/revive-queues.js';
import { aBashNode, aDefinition } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch, says } from '../support/node-scripts.js';
import { raiseQueueStage, requestsFor, type QueueStage, type StagedTicket } from '../support/queue-stage.js';
import { raiseRunStage, STAGE_HOST, startRequest, type RunStage } from '../support/run-stage.js';
import { silentLogger } from '../support/silent-logger.js';
import { devServer } from '../support/temporal-servers.js';

let stage: RunStage;
let queues: QueueStage;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer());
  queues = await raiseQueueStage(stage);
});
afterAll(async () => {
  await queues.tearDown();
  await stage.tearDown();
});

const partsFor = (hostId: string = STAGE_HOST): ReviveParts => {
  const { client } = stage.environment;
  return { client, hostId, watch: makeExecutionWatch(client, 'the test server'), logger: silentLogger };
};

/** A path that is held, and tickets that wait for it; `letGo` lets all of them work. */
async function aHeldPath(waiters: number) {
  const latch = aLatch();
  const requests = requestsFor(stage, aDefinition([aBashNode('work')]), waiters + 1);
  const [holder, ...others] = requests;
  stage.nodes.set('work', (task, signal) =>
    (task.runId === holder!.runId ? latch.script : says('done'))(task, signal),
  );
  await startRequest(stage.environment, holder!);
  await latch.reached;
  const tickets = [];
  for (const request of others) tickets.push(await queues.wait(request));
  const ids = others.map(({ runId }): string => runId);
  const queue = stage.environment.client.workflow.getHandle(
    queueWorkflowId(holder!.hostId, holder!.workingPath),
  );
  return { holder: holder!, tickets, ids, queue, letGo: () => latch.open() };
}

async function signalsTo({ handle }: StagedTicket): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
}

it('a queue that was terminated is there again after one look, in the old order, and serves', async () => {
  const { holder, tickets, ids, queue, letGo } = await aHeldPath(3);
  await queue.terminate('by mistake');
  // Lists lag behind.
  await eventually(async () => {
    await reviveQueues(partsFor());
    expect((await queue.describe()).status.name).toBe('RUNNING');
  });
  await eventually(async () => expect(await queues.order(holder)).toEqual(ids));
  letGo();
  for (const ticket of tickets) expect(await ticket.result()).toMatchObject({ kind: 'started' });
});

it('who waits in a queue that is open hears nothing', async () => {
  const { tickets, ids, letGo } = await aHeldPath(1);
  const { client } = stage.environment;
  await eventually(async () => {
    const listed: string[] = [];
    const query = `WorkflowType = 'ticket' AND ExecutionStatus = 'Running'`;
    for await (const { workflowId } of client.workflow.list({ query })) listed.push(workflowId);
    expect(listed).toContain(`ticket.${ids[0]}`);
  });
  await reviveQueues(partsFor());
  expect(await signalsTo(tickets[0]!)).toBe(0);
  letGo();
  expect(await tickets[0]!.result()).toMatchObject({ kind: 'started' });
});

it('a queue of another machine is left to the worker there', async () => {
  const { tickets, queue, letGo } = await aHeldPath(1);
  await queue.terminate('by mistake');
  await reviveQueues(partsFor('another-host'));
  expect(await signalsTo(tickets[0]!)).toBe(0);
  await eventually(async () => {
    await reviveQueues(partsFor());
    expect((await queue.describe()).status.name).toBe('RUNNING');
  });
  letGo();
  expect(await tickets[0]!.result()).toMatchObject({ kind: 'started' });
});

it('a worker looks often enough for a queue to be there again within half a minute', () => {
  expect(revivingQueues(partsFor()).everyMs).toBeLessThanOrEqual(10_000);
});
