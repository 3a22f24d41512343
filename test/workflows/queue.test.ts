import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fromFailure } from '../../src/contract/failure.js';
import { QUEUE_MESSAGES } from '../../src/contract/queue-workflow.js';
import type { StartRequest } from '../../src/contract/start-request.js';
import { SHARED_TASK_QUEUE } from '../../src/contract/task-queues.js';
import {
  TICKET_MESSAGES,
  type LeaveAnswer,
  type TicketDescription,
} from '../../src/contract/ticket-workflow.js';
import { queueWorkflowId, runWorkflowId } from '../../src/contract/workflow-id.js';
import { QUEUE_DEPTH } from '../../src/core/queue/queue-state.js';
import { aBashNode, aDefinition } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch, says } from '../support/node-scripts.js';
import { raiseQueueStage, requestsFor, type QueueStage, type StagedTicket } from '../support/queue-stage.js';
import { raiseRunStage, startRequest, type RunStage } from '../support/run-stage.js';
import { devServer } from '../support/temporal-servers.js';

/** Temporal's own value is 4096. */
const SUGGESTED_EVENTS = 120;

let stage: RunStage;
let queues: QueueStage;
/** So many times the watch says of a held path that it is free. */
let lies = 0;
beforeAll(async () => {
  const server = await devServer({ 'limit.historyCount.suggestContinueAsNew': String(SUGGESTED_EVENTS) });
  stage = await raiseRunStage(server);
  queues = await raiseQueueStage(stage, (watch) => ({
    untilFree: async (workflowId, signal) => {
      lies -= 1;
      if (lies < 0) await watch.untilFree(workflowId, signal);
    },
  }));
});
afterAll(async () => {
  await queues.tearDown();
  await stage.tearDown();
});
afterEach(() => (lies = 0));

const DEFINITION = aDefinition([aBashNode('work')]);
const handleOf = (workflowId: string) => stage.environment.client.workflow.getHandle(workflowId);
const queueOf = ({ hostId, workingPath }: StartRequest) => handleOf(queueWorkflowId(hostId, workingPath));
const statusOf = async (handle: ReturnType<typeof handleOf>) => (await handle.describe()).status.name;

interface HeldPath {
  readonly holder: StartRequest;
  /** Of others, for the same path. */
  readonly requests: readonly StartRequest[];
  readonly letGo: () => void;
}

/** A run that holds a path until it is let go. */
async function aHeldPath(waiters: number, over: Partial<StartRequest> = {}): Promise<HeldPath> {
  const latch = aLatch();
  const [first, ...requests] = requestsFor(stage, DEFINITION, waiters + 1, over);
  const holder = { ...first!, hasClientEnvironment: false };
  stage.nodes.set('work', (task, signal) =>
    (task.runId === holder.runId ? latch.script : says('done'))(task, signal),
  );
  await startRequest(stage.environment, holder);
  await latch.reached;
  return { holder, requests, letGo: () => latch.open() };
}

async function allWaiting(requests: readonly StartRequest[]): Promise<readonly StagedTicket[]> {
  const tickets: StagedTicket[] = [];
  for (const request of requests) tickets.push(await queues.wait(request));
  return tickets;
}

const idsOf = (requests: readonly StartRequest[]): readonly string[] => requests.map(({ runId }) => runId);

/** Ids of runs whose nodes worked, in order. */
const worked = (requests: readonly StartRequest[]): readonly string[] =>
  stage.tasks.map(({ runId }) => runId).filter((runId) => idsOf(requests).includes(runId));

/** The ticket's run has been started as a client would have, and has ended well. */
async function served(ticket: StagedTicket): Promise<void> {
  const { request } = ticket;
  const end = await ticket.result();
  if (end.kind !== 'started') throw new Error(`it is over as ${end.kind}`);
  expect(end.temporalWorkflowId).toBe(runWorkflowId(request.hostId, request.workingPath));
  const run = stage.environment.client.workflow.getHandle(end.temporalWorkflowId, end.temporalRunId);
  expect(await run.result()).toMatchObject({ runId: request.runId, status: 'completed' });
  const { memo, taskQueue } = await run.describe();
  expect(memo).toMatchObject({ runId: request.runId, startToken: request.startToken });
  expect(taskQueue).toMatch(/^signalbox\.host\./);
}

/** Causes of failed workflow tasks, but for the news that came while one was being worked on. */
async function failedTasks(request: StartRequest): Promise<readonly unknown[]> {
  const UNHANDLED_COMMAND = 1;
  const { events } = await queueOf(request).fetchHistory();
  return (events ?? [])
    .map((event) => event.workflowTaskFailedEventAttributes?.cause ?? UNHANDLED_COMMAND)
    .filter((cause) => cause !== UNHANDLED_COMMAND);
}

const untilClosed = (request: StartRequest, status = 'COMPLETED'): Promise<void> =>
  eventually(async () => expect(await statusOf(queueOf(request))).toBe(status));

describe('a queue', () => {
  it('serves who waits in the order of arrival, and is gone when nobody waits any more', async () => {
    const { holder, requests, letGo } = await aHeldPath(5);
    const tickets = await allWaiting(requests);
    expect(await queues.order(holder)).toEqual(idsOf(requests));
    letGo();
    for (const ticket of tickets) await served(ticket);
    expect(worked(requests)).toEqual(idsOf(requests));
    await untilClosed(holder);
  });

  it('hands the path over though its holder was terminated and says nothing', async () => {
    const { holder, requests } = await aHeldPath(1);
    const [ticket] = await allWaiting(requests);
    await handleOf(runWorkflowId(holder.hostId, holder.workingPath)).terminate('an operator');
    await served(ticket!);
  });

  it('passes a ticket over that was terminated', async () => {
    const { requests, letGo } = await aHeldPath(3);
    const tickets = await allWaiting(requests);
    await tickets[0]!.handle.terminate('an operator');
    letGo();
    await served(tickets[1]!);
    await served(tickets[2]!);
    expect(worked(requests)).toEqual(idsOf(requests.slice(1)));
  });

  it(`has ${QUEUE_DEPTH} places, and refuses the next`, async () => {
    const { holder, requests, letGo } = await aHeldPath(2);
    const [first] = await allWaiting(requests.slice(0, 1));
    const signals = Array.from({ length: QUEUE_DEPTH - 1 }, () =>
      queueOf(holder).signal(QUEUE_MESSAGES.enterSignal, {
        runId: randomUUID(),
        enteredAt: new Date(0).toISOString(),
      }),
    );
    await Promise.all(signals);
    await eventually(async () => expect(await queues.order(holder)).toHaveLength(QUEUE_DEPTH));
    const late = await queues.ticket(requests[1]!);
    expect(await late.result()).toEqual({ kind: 'refused', runId: late.request.runId, refusal: 'full' });
    expect(await failedTasks(holder)).toEqual([]);
    letGo();
    await served(first!);
  });

  it('continues as new with everybody in place, however long its history grows', async () => {
    const { holder, requests, letGo } = await aHeldPath(4);
    const tickets = await allWaiting(requests);
    const { runId: firstExecution } = await queueOf(holder).describe();
    await eventually(async () => {
      const [again] = tickets;
      const { request, entry } = { request: again!.request, entry: { runId: again!.request.runId } };
      const enteredAt = new Date().toISOString();
      await queueOf(request).signal(QUEUE_MESSAGES.enterSignal, { ...entry, enteredAt });
      expect((await queueOf(holder).describe()).runId).not.toBe(firstExecution);
    });
    expect(await queues.order(holder)).toEqual(idsOf(requests));
    letGo();
    for (const ticket of tickets) await served(ticket);
    expect(worked(requests)).toEqual(idsOf(requests));
  });

  it('outlives its worker', async () => {
    const { requests, letGo } = await aHeldPath(2);
    const tickets = await allWaiting(requests);
    await queues.restartWorker();
    letGo();
    for (const ticket of tickets) await served(ticket);
  });

  it('that is cancelled in Temporal sends everybody away', async () => {
    const { holder, requests, letGo } = await aHeldPath(2);
    const tickets = await allWaiting(requests);
    await queueOf(holder).cancel();
    for (const ticket of tickets) {
      const { runId } = ticket.request;
      expect(await ticket.result()).toEqual({ kind: 'refused', runId, refusal: 'dismissed' });
    }
    await untilClosed(holder, 'CANCELLED');
    letGo();
  });

  it('ignores what it does not understand', async () => {
    const { holder, requests, letGo } = await aHeldPath(1);
    const [ticket] = await allWaiting(requests);
    await queueOf(holder).signal(QUEUE_MESSAGES.enterSignal, { runId: 'nobody' });
    await queueOf(holder).signal(QUEUE_MESSAGES.answerSignal, { runId: randomUUID(), answer: 'perhaps' });
    await ticket!.handle.signal(TICKET_MESSAGES.turnSignal, 'now');
    expect(await queues.order(holder)).toEqual(idsOf(requests));
    letGo();
    await served(ticket!);
  });

  it('has its end though a ticket is said to start whose path is held: it keeps its place', async () => {
    const { holder, requests, letGo } = await aHeldPath(2);
    const [first] = await allWaiting(requests.slice(0, 1));
    await first!.handle.signal(TICKET_MESSAGES.turnSignal, { turn: 'start' });
    const [second] = await allWaiting(requests.slice(1));
    expect(await queues.order(holder)).toEqual(idsOf(requests));
    letGo();
    await served(first!);
    await served(second!);
  });

  it('made by another ticket takes up one that finds the path held, in the place that it had', async () => {
    const { holder, requests, letGo } = await aHeldPath(2);
    const [first, second] = await allWaiting(requests);
    await queueOf(holder).terminate('lost');
    await second!.handle.signal(TICKET_MESSAGES.turnSignal, { turn: 'start' });
    await eventually(async () => expect(await queues.order(holder)).toEqual([second!.request.runId]));
    await first!.handle.signal(TICKET_MESSAGES.turnSignal, { turn: 'start' });
    await eventually(async () => expect(await queues.order(holder)).toEqual(idsOf(requests)));
    letGo();
    await served(first!);
    await served(second!);
    expect(worked(requests)).toEqual(idsOf(requests));
  });
});

describe('a ticket', () => {
  it('that is overtaken keeps its place, again and again, over many executions', async () => {
    const { holder, requests, letGo } = await aHeldPath(2);
    const tickets = await allWaiting(requests);
    const first = await tickets[0]!.handle.describe();
    lies = 20;
    await queueOf(holder).terminate('so that its watch begins anew');
    for (const { handle } of tickets) await handle.signal(TICKET_MESSAGES.turnSignal, { turn: 'start' });
    await eventually(async () => {
      expect(lies).toBeLessThan(0);
      expect((await handleOf(tickets[0]!.handle.workflowId).describe()).runId).not.toBe(first.runId);
    });
    expect(await queues.order(holder)).toEqual(idsOf(requests));
    letGo();
    for (const ticket of tickets) await served(ticket);
    expect(worked(requests)).toEqual(idsOf(requests));
  });

  it('leaves when somebody says so, and the others move up', async () => {
    const { holder, requests, letGo } = await aHeldPath(3, { hasClientEnvironment: true });
    const [first, second, third] = await allWaiting(requests);
    const malformed = second!.handle.executeUpdate(TICKET_MESSAGES.leaveUpdate, { args: [{ by: 5 }] });
    await expect(malformed).rejects.toMatchObject({ cause: { type: 'USAGE', message: 'by is no text' } });
    const leaving = second!.handle.executeUpdate<LeaveAnswer, [object]>(TICKET_MESSAGES.leaveUpdate, {
      args: [{ by: 'ann', reason: 'no longer needed' }],
    });
    const { runId } = second!.request;
    expect(await leaving).toEqual({ runId, hasLeft: true });
    expect(await second!.result()).toEqual({ kind: 'left', runId, by: 'ann', reason: 'no longer needed' });
    expect(await queues.order(holder)).toEqual([first!.request.runId, third!.request.runId]);
    expect(stage.journalOf(runId)).toEqual(['remove environment']);
    letGo();
    await served(first!);
    await served(third!);
    expect(worked(requests)).not.toContain(runId);
  });

  it('that is cancelled in Temporal leaves', async () => {
    const { holder, requests, letGo } = await aHeldPath(1);
    const [ticket] = await allWaiting(requests);
    await ticket!.handle.cancel();
    await expect(ticket!.result()).rejects.toThrow(WorkflowFailedError);
    expect(await statusOf(ticket!.handle)).toBe('CANCELLED');
    await untilClosed(holder);
    letGo();
  });

  it('gives up after the time that it was given, and says when that will be', async () => {
    const { holder, requests, letGo } = await aHeldPath(2);
    const patient = await queues.wait(requests[0]!);
    const hasty = await queues.ticket(requests[1]!, 500);
    const { enteredAt, deadlineAt, status } = await hasty.handle.query<TicketDescription>(
      TICKET_MESSAGES.describeQuery,
    );
    expect([Date.parse(deadlineAt!) - Date.parse(enteredAt), status]).toEqual([500, 'waiting']);
    expect(await hasty.result()).toEqual({ kind: 'timedOut', runId: hasty.request.runId, afterMs: 500 });
    expect(await queues.order(holder)).toEqual([patient.request.runId]);
    letGo();
    await served(patient);
  });

  it('carries a start request of a megabyte', async () => {
    const { requests, letGo } = await aHeldPath(1, { inputs: { text: 'x'.repeat(1_000_000) } });
    const [ticket] = await allWaiting(requests);
    letGo();
    await served(ticket!);
  });

  it('queues once: the same run gets no second ticket', async () => {
    const { requests, letGo } = await aHeldPath(1);
    const [ticket] = await allWaiting(requests);
    await expect(queues.ticket(requests[0]!)).rejects.toThrow('already started');
    letGo();
    await served(ticket!);
    await expect(queues.ticket(requests[0]!)).rejects.toThrow('already started');
  });
});

describe('an operator who resets', () => {
  /** Does everything again from the first workflow task on. */
  async function reset(workflowId: string): Promise<string> {
    const { client, namespace = 'default' } = stage.environment;
    const { runId } = await handleOf(workflowId).describe();
    const { events } = await handleOf(workflowId).fetchHistory();
    const task = events!.find((event) => event.workflowTaskCompletedEventAttributes);
    const answer = await client.workflowService.resetWorkflowExecution({
      namespace,
      workflowExecution: { workflowId, runId },
      workflowTaskFinishEventId: task!.eventId!,
      requestId: randomUUID(),
      reason: 'an operator wanted to',
    });
    return answer.runId;
  }

  it('a ticket whose run is over starts no second one: the run itself refuses', async () => {
    const { requests, letGo } = await aHeldPath(1);
    const [ticket] = await allWaiting(requests);
    letGo();
    await served(ticket!);
    const again = stage.environment.client.workflow.getHandle(
      ticket!.handle.workflowId,
      await reset(ticket!.handle.workflowId),
    );
    const end = (await again.result()) as Awaited<ReturnType<StagedTicket['result']>>;
    if (end.kind !== 'started') throw new Error(end.kind);
    const second = stage.environment.client.workflow.getHandle(end.temporalWorkflowId, end.temporalRunId);
    const failure: unknown = await second.result().catch((error: unknown) => error);
    expect(fromFailure((failure as WorkflowFailedError).cause)?.code).toBe('RUN_ID_REUSED');
    expect(worked(requests)).toHaveLength(1);
  });

  it('a queue loses nobody', async () => {
    const { holder, requests, letGo } = await aHeldPath(2);
    const tickets = await allWaiting(requests);
    await reset(queueOf(holder).workflowId);
    await eventually(async () => expect(await queues.order(holder)).toEqual(idsOf(requests)));
    letGo();
    for (const ticket of tickets) await served(ticket);
    expect(worked(requests)).toEqual(idsOf(requests));
  });
});

const KINDS = ['signalDefinitions', 'updateDefinitions', 'queryDefinitions'] as const;

interface Metadata {
  readonly currentDetails: string;
  readonly definition: Partial<
    Record<(typeof KINDS)[number], readonly { readonly name: string; readonly description?: string }[]>
  >;
}

describe('what an operator sees', () => {
  it('of a queue and its tickets: titles, who waits where, what to type, and what may be sent', async () => {
    const { holder, requests, letGo } = await aHeldPath(2);
    const tickets = await allWaiting(requests);
    const [first, second] = tickets;
    const { hostId, workingPath } = holder;
    const describe = (handle: ReturnType<typeof handleOf>) =>
      Promise.all([handle.describe(), handle.query<Metadata>('__temporal_workflow_metadata')]);
    const [queue, queueNow] = await describe(queueOf(holder));
    expect(await queue.staticSummary()).toBe(`queue · ${workingPath}`);
    expect(queue.memo).toEqual({ hostId, workingPath, title: `queue · ${workingPath}` });
    expect(queueNow.currentDetails).toContain(
      `2 of at most ${QUEUE_DEPTH} wait; waits until nobody holds the path. The holder is \`${runWorkflowId(hostId, workingPath)}\``,
    );
    expect(queueNow.currentDetails).toContain(`1. \`ticket.${first!.request.runId}\` since `);
    expect(queueNow.currentDetails).toContain(`2. \`ticket.${second!.request.runId}\` since `);
    const [, ticketNow] = await describe(handleOf(first!.handle.workflowId));
    expect(ticketNow.currentDetails).toContain(`### fix-issue waits for ${workingPath}`);
    expect(ticketNow.currentDetails).toContain(`signalbox queue leave ${first!.request.runId}`);
    for (const { definition } of [queueNow, ticketNow]) {
      const messages = KINDS.flatMap((kind) => definition[kind] ?? []).filter(
        ({ name }) => !name.startsWith('__'),
      );
      expect(messages.length).toBeGreaterThanOrEqual(3);
      for (const { name, description = '' } of messages) expect(description.length, name).toBeGreaterThan(20);
    }
    letGo();
    for (const ticket of tickets) await served(ticket);
    const [, over] = await describe(handleOf(first!.handle.workflowId));
    expect(over.currentDetails).toContain(', started, in the queue since ');
  });
});

describe('what is started by hand, with other IDs or arguments, does nothing', () => {
  const path = { hostId: 'h', workingPath: '/a', entries: [] };
  it.each<[string, string, unknown, string]>([
    ['a ticket without a request', 'ticket', {}, 'START_REQUEST_INVALID'],
    ['a queue without a path', 'queue', { hostId: 'h', entries: [] }, 'START_REQUEST_INVALID'],
    ['a queue of another path', 'queue', path, 'WRONG_WORKFLOW_ID'],
  ])('%s', async (...[, type, argument, code]) => {
    const execution = stage.environment.client.workflow.execute(type, {
      workflowId: `${type}.${randomUUID()}`,
      taskQueue: SHARED_TASK_QUEUE,
      args: [argument],
    });
    const failure: unknown = await execution.catch((error: unknown) => error);
    expect(fromFailure(failure)?.code).toBe(code);
  });

  it('a ticket under another ID', async () => {
    const request = stage.request(DEFINITION);
    const execution = stage.environment.client.workflow.execute('ticket', {
      workflowId: `ticket.${randomUUID()}`,
      taskQueue: SHARED_TASK_QUEUE,
      args: [{ request, waitTimeoutMs: null }],
    });
    const failure: unknown = await execution.catch((error: unknown) => error);
    expect(fromFailure(failure)?.code).toBe('WRONG_WORKFLOW_ID');
    expect(stage.journalOf(request.runId)).toEqual([]);
  });
});
