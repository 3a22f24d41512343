import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeExecutions } from '../../../src/adapters/temporal/executions.js';
import { makePathWatch } from '../../../src/adapters/temporal/path-watch.js';
import type { PathWatch } from '../../../src/ports/path-watch.js';
import { aBashNode, aDefinition } from '../../support/builders.js';
import { eventually } from '../../support/eventually.js';
import { aLatch, says } from '../../support/node-scripts.js';
import { raiseRunStage, startRequest, type RunStage } from '../../support/run-stage.js';
import { devServer } from '../../support/temporal-servers.js';

const ADDRESS = 'the test server';

let stage: RunStage;
let watch: PathWatch;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer());
  const { client } = stage.environment;
  watch = makePathWatch(client, makeExecutions(client, ADDRESS), ADDRESS);
});
afterAll(() => stage.tearDown());

const never = new AbortController().signal;

/** A run that holds a path until it is let go, and whether its watch has returned. */
async function aWatchedPath() {
  const latch = aLatch();
  const definition = aDefinition([aBashNode('work')]);
  const first = stage.request(definition);
  stage.nodes.set('work', (task, signal) =>
    (task.runId === first.runId ? latch.script : says('done'))(task, signal),
  );
  const handle = await startRequest(stage.environment, first);
  await latch.reached;
  const seen = { isFree: false };
  const freed = watch.untilFree(handle.workflowId, never).then(() => (seen.isFree = true));
  const next = stage.request(definition, { workingPath: first.workingPath });
  return { handle, latch, freed, seen, next };
}

it('a path that nobody has ever held is free', async () => {
  await watch.untilFree('run.nobody', never);
});

it('a path is free the moment its holder closes, whichever way', async () => {
  const ended = await aWatchedPath();
  ended.latch.open();
  await ended.freed;
  const terminated = await aWatchedPath();
  expect(terminated.seen.isFree).toBe(false);
  await terminated.handle.terminate();
  await terminated.freed;
});

it('a path is not free while another has it: whoever follows under the ID is waited for as well', async () => {
  const { handle, freed, next } = await aWatchedPath();
  await handle.terminate();
  await freed;
  const latch = aLatch();
  stage.nodes.set('work', latch.script);
  const second = await startRequest(stage.environment, next);
  await latch.reached;
  const { client } = stage.environment;
  const now = makeExecutions(client, ADDRESS);
  const first = {
    temporalWorkflowId: handle.workflowId,
    temporalRunId: handle.firstExecutionRunId,
    isOpen: true,
    statusName: 'RUNNING',
  };
  // As if it had looked a moment ago.
  const answers = [first];
  const late = { describe: (id: string) => Promise.resolve(answers.shift() ?? now.describe(id)) };
  const seen = { isFree: false };
  const watching = makePathWatch(client, late, ADDRESS)
    .untilFree(handle.workflowId, never)
    .then(() => (seen.isFree = true));
  await eventually(() => expect(answers).toEqual([]));
  expect(seen.isFree).toBe(false);
  latch.open();
  await second.result();
  await watching;
});

it('a watch ends with the reason that it is given', async () => {
  const { handle, latch, freed } = await aWatchedPath();
  const stop = new AbortController();
  const watching = watch.untilFree(handle.workflowId, stop.signal);
  const reason = new Error('enough');
  stop.abort(reason);
  await expect(watching).rejects.toBe(reason);
  await expect(watch.untilFree(handle.workflowId, stop.signal)).rejects.toBe(reason);
  latch.open();
  await freed;
});

/** A watch over a Temporal that says of a run that it is open, once, and then answers with a gRPC status. */
function aWatchThatMeets(status: number): PathWatch {
  const getWorkflowExecutionHistory = () =>
    Promise.reject(Object.assign(new Error(`status ${status}`), { code: status }));
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_deadline: unknown, call: () => unknown) => call(),
    workflowService: { getWorkflowExecutionHistory },
  };
  const facts = { temporalWorkflowId: 'run.x', temporalRunId: 'x', isOpen: true, statusName: 'RUNNING' };
  const answers = [facts];
  const executions = { describe: () => Promise.resolve(answers.shift() ?? null) };
  return makePathWatch(client as unknown as Client, executions, ADDRESS);
}

it('a Temporal that is away frees nothing', async () => {
  const UNAVAILABLE = 14;
  const watching = aWatchThatMeets(UNAVAILABLE).untilFree('run.x', never);
  await expect(watching).rejects.toMatchObject({ code: 'TEMPORAL_UNREACHABLE' });
});

it.each([
  ['has nothing to tell for long', 4],
  ['has forgotten the execution', 5],
])('a Temporal that %s is asked again who holds the path', async (_what, status) => {
  await aWatchThatMeets(status).untilFree('run.x', never);
});
