import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { MESSAGES, type RunDescription } from '../../src/contract/messages.js';
import type { RunResult } from '../../src/contract/run-workflow.js';
import { Books } from '../../src/testing/books.js';
import { makeFakeHost } from '../../src/testing/fake-host.js';
import { LargeTexts } from '../../src/testing/large-texts.js';
import { RunBook } from '../../src/testing/run-book.js';
import type { Stub } from '../../src/testing/stubs.js';
import { makeWorker } from '../../worker/make-worker.js';
import { aBashNode, aDefinition, aGate, anAgentLoop, anAgentNode } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aRequest, STAGE_HOST, STAGE_UID, startRequest } from '../support/run-stage.js';
import { devServer } from '../support/temporal-servers.js';
import { workflowBundle } from '../support/workflow-bundle.js';

/** Temporal's own value is 4096. */
const SUGGESTED_EVENTS = 60;

const books = new Books();
let environment: TestWorkflowEnvironment;
let stop: () => Promise<void>;
beforeAll(async () => {
  environment = await devServer({ 'limit.historyCount.suggestContinueAsNew': String(SUGGESTED_EVENTS) });
  const worker = await makeWorker({
    connection: environment.nativeConnection,
    namespace: environment.namespace ?? 'default',
    ...{ hostId: STAGE_HOST, uid: STAGE_UID, identity: 'a host with agents' },
    workflowCode: workflowBundle(),
    activities: makeFakeHost({ texts: new LargeTexts(), books }),
  });
  const serving = worker.run();
  stop = async () => {
    worker.shutdown();
    await serving;
    await environment.teardown();
  };
});
afterAll(() => stop());

it('a run continues as new between the turns of its agents: loops, sessions and rejections go on where they were', async () => {
  const prompt = { kind: 'inline', text: 'Mend it: $REJECTION_REASON' } as const;
  const definition = aDefinition([
    anAgentNode('plan', { text: 'Plan' }),
    anAgentLoop('fix', { needs: ['plan'], text: 'Fix', rules: { until: 'DONE', maxIterations: 50 } }),
    anAgentNode('sum', { needs: ['fix'], text: 'Sum up $fix.output' }),
    aGate('ok', { needs: ['sum'], onReject: { prompt, maxAttempts: 3 } }),
    aBashNode('end', { needs: ['ok'] }),
  ]);
  const request = aRequest(definition);
  const fix: Stub = ({ iteration }) =>
    iteration === 30 ? 'fixed <promise>DONE</promise>' : `turn ${iteration}`;
  const cast = { nodes: { fix }, otherwise: 'ok', environment: {}, leavesEvidence: true };
  const book = new RunBook(request.runId, definition.name, cast);
  books.add(book);
  const run = await startRequest(environment, request);
  const handle = environment.client.workflow.getHandle(run.workflowId);
  const reject = async (count: number): Promise<void> => {
    await eventually(async () => {
      const { status } = await handle.query<RunDescription>(MESSAGES.describeQuery);
      expect(status).toBe('paused');
      expect(book.calls.filter(({ nodeId }) => nodeId === 'ok:on_reject')).toHaveLength(count);
    }, 30_000);
    const answer = {
      nodeId: 'ok',
      decision: count < 2 ? 'reject' : 'approve',
      text: `no ${count}`,
      by: null,
    };
    await handle.executeUpdate(MESSAGES.decideUpdate, { args: [answer] });
  };
  await reject(0);
  await reject(1);
  await reject(2);
  expect(await (handle.result() as Promise<RunResult>)).toMatchObject({ status: 'completed' });
  const { runId } = await handle.describe();
  expect(runId).not.toBe(run.firstExecutionRunId);
  const callsOf = (id: string) => book.calls.filter(({ nodeId }) => nodeId === id);
  expect(callsOf('fix').map(({ iteration, previousOutput }) => [iteration, previousOutput])).toEqual(
    Array.from({ length: 30 }, (_, index) => [index + 1, index === 0 ? '' : `turn ${index}`]),
  );
  expect(new Set(callsOf('fix').map(({ session }) => session?.id))).toEqual(new Set(['fix.1.~turn.1']));
  expect(callsOf('sum')).toMatchObject([{ prompt: 'Sum up fixed', session: { from: 'fix.1.~turn.1' } }]);
  expect(callsOf('ok:on_reject').map(({ rejectionReason }) => rejectionReason)).toEqual(['no 0', 'no 1']);
});
