import { afterEach, beforeEach, expect, it } from 'vitest';
import { MESSAGES } from '../../src/contract/messages.js';
import { queueWorkflowId } from '../../src/contract/workflow-id.js';
import { RunError } from '../../src/core/errors.js';
import { aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { raiseQueueStage, requestsFor, type QueueStage, type StagedTicket } from '../support/queue-stage.js';
import { untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, startRequest, type RunStage } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

const MINUTE_MS = 60_000;

let stage: RunStage;
let queues: QueueStage;
/** A watch that waits would stop the clock; this one fails until the path is free. `null`: it is free. */
let failure: RunError | null = null;
const HELD = new RunError('TEMPORAL_UNREACHABLE', 'it is held, ask again');
const BROKEN = new RunError('INTERNAL', 'never ask again');
// One server each: it holds its clock for activities of workflows that have closed.
beforeEach(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
  queues = await raiseQueueStage(stage, () => ({
    untilFree: () => (failure === null ? Promise.resolve() : Promise.reject(failure)),
  }));
});
afterEach(async () => {
  await queues.tearDown();
  await stage.tearDown();
});

async function lifetimeMs({ handle }: StagedTicket): Promise<number> {
  const { startTime, closeTime } = await handle.describe();
  return closeTime!.getTime() - startTime.getTime();
}

/** A run that waits for a person, and others that wait for its path. */
async function aPausedPath() {
  const [holder, request] = requestsFor(stage, aDefinition([aGate('review')]), 2);
  const run = { request: holder!, handle: await startRequest(stage.environment, holder!) };
  await untilWaiting(run, 'review');
  return { run, request: request! };
}

it('a queue that is gone is made again by who waits in it', async () => {
  failure = BROKEN;
  const { run, request } = await aPausedPath();
  const ticket = await queues.ticket(request);
  const queue = stage.environment.client.workflow.getHandle(
    queueWorkflowId(request.hostId, request.workingPath),
  );
  await eventually(async () => expect((await queue.describe()).status.name).toBe('FAILED'));
  failure = null;
  await run.handle.executeUpdate(MESSAGES.decideUpdate, { args: [{ decision: 'approve' }] });
  expect(await ticket.result()).toMatchObject({ kind: 'started', runId: request.runId });
  expect(await lifetimeMs(ticket)).toBeLessThan(6 * MINUTE_MS);
});

it('a ticket gives up when its time is over, however long that is', async () => {
  failure = HELD;
  const { run, request } = await aPausedPath();
  const ticket = await queues.wait(request, 10 * MINUTE_MS);
  expect(await ticket.result()).toMatchObject({ kind: 'timedOut', afterMs: 10 * MINUTE_MS });
  expect(await lifetimeMs(ticket)).toBeGreaterThanOrEqual(10 * MINUTE_MS);
  await run.handle.terminate();
});
