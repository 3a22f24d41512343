import { randomUUID } from 'node:crypto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { createActivities } from '../../activities/index.js';
import { type RunMemo } from '../../src/contract/memo.js';
import { CONTRACT_VERSION, type StartRequest } from '../../src/contract/start-request.js';
import { hostTaskQueue } from '../../src/contract/task-queues.js';
import { runWorkflowId } from '../../src/contract/workflow-id.js';
import type { WorkflowDefinition } from '../../src/core/definition/definition.js';
import type { HostId, RunId, WorkingPath } from '../../src/core/ids.js';
import { toOutput } from '../../src/core/expression/output.js';
import type { AttemptResult, ShellTask } from '../../src/core/run/task.js';
import type { Box } from '../../src/ports/box.js';
import type { Shell } from '../../src/ports/shell.js';
import { makeWorker } from '../../worker/make-worker.js';
import { makeOutputStore } from '../../src/adapters/files/output-store.js';
import { makeExecutions } from '../../src/adapters/temporal/executions.js';
import { makeFakeBox } from './fake-box.js';
import { FakeRunTable } from './fake-run-table.js';
import { workflowBundle } from './workflow-bundle.js';

const HOST = 'test-host' as HostId;
const UID = 1000;

/** What a node does when the workflow asks for it. */
export type NodeScript = (task: ShellTask, signal: AbortSignal) => Promise<AttemptResult>;

/** A node that completes at once with a text. */
export const says =
  (text: string): NodeScript =>
  (task) =>
    Promise.resolve({
      kind: 'completed',
      output: toOutput(text, task.fieldsRead),
      stderr: '',
      durationMs: 1,
    });

/** A node that fails. */
export const fails =
  (message: string): NodeScript =>
  () =>
    Promise.resolve({ kind: 'failed', failure: { code: 'NODE_FAILED', message }, durationMs: 1 });

/** A node that runs until it is stopped. */
export const runsUntilStopped: NodeScript = (_task, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });

export interface StagedRun {
  readonly request: StartRequest;
  readonly handle: WorkflowHandleWithFirstExecutionRunId;
}

/** Runs on a Temporal server that skips time, with a host of fakes. */
export interface RunStage {
  readonly environment: TestWorkflowEnvironment;
  readonly table: FakeRunTable;
  readonly box: Box;
  /** By node id; a node that is not here says its own name. */
  readonly nodes: Map<string, NodeScript>;
  /** Tasks that the host was given, in order. */
  readonly tasks: ShellTask[];
  request(definition: WorkflowDefinition, over?: Partial<StartRequest>): StartRequest;
  start(definition: WorkflowDefinition, over?: Partial<StartRequest>): Promise<StagedRun>;
  tearDown(): Promise<void>;
}

export async function raiseRunStage(existing?: TestWorkflowEnvironment): Promise<RunStage> {
  const environment = existing ?? (await timeSkipping());
  const table = new FakeRunTable();
  const box = makeFakeBox();
  const nodes = new Map<string, NodeScript>();
  const tasks: ShellTask[] = [];
  const shell: Shell = {
    run: (task, signal) => {
      tasks.push(task);
      return (nodes.get(task.nodeId) ?? says(task.nodeId))(task, signal);
    },
  };
  const worker = await makeWorker({
    connection: environment.nativeConnection,
    namespace: environment.namespace ?? 'default',
    hostId: HOST,
    uid: UID,
    identity: 'test worker',
    workflowCode: workflowBundle(),
    activities: createActivities({
      host: {
        hostId: HOST,
        uid: UID,
        realPath: (path) => Promise.resolve(path),
        baseBranch: () => Promise.resolve('main'),
      },
      files: { prepare: (_path, runId) => Promise.resolve(directories(runId)) },
      environment: { save: nothing, load: () => Promise.resolve(null), remove: nothing },
      outputs: makeOutputStore(),
      table,
      box,
      shell,
      executions: makeExecutions(environment.client, 'the test server'),
      temporal: { temporalAddress: 'the test server', temporalNamespaceId: 'test' },
    }),
  });
  const serving = worker.run();
  const request = (definition: WorkflowDefinition, over: Partial<StartRequest> = {}): StartRequest => ({
    contractVersion: CONTRACT_VERSION,
    runId: randomUUID() as RunId,
    startToken: randomUUID(),
    hostId: HOST,
    uid: UID,
    workingPath: `/work/${randomUUID()}` as WorkingPath,
    definition,
    message: 'a message',
    inputs: {},
    baseBranch: null,
    hasClientEnvironment: false,
    startedBy: 'me@laptop',
    searchAttributes: [],
    graceMs: 100,
    heartbeatTimeoutMs: 60_000,
    ...over,
  });
  return {
    environment,
    table,
    box,
    nodes,
    tasks,
    request,
    start: async (definition, over) => {
      const asked = request(definition, over);
      return { request: asked, handle: await startRequest(environment, asked) };
    },
    tearDown: async () => {
      worker.shutdown();
      await serving;
      if (existing === undefined) await environment.teardown();
    },
  };
}

/** Starts an execution for a request, as the client would. */
export function startRequest(
  environment: TestWorkflowEnvironment,
  request: StartRequest,
  workflowId = runWorkflowId(request.hostId, request.workingPath),
): Promise<WorkflowHandleWithFirstExecutionRunId> {
  const memo: Partial<RunMemo> = { runId: request.runId, startToken: request.startToken };
  return environment.client.workflow.start('run', {
    workflowId,
    taskQueue: hostTaskQueue(request.hostId, request.uid),
    args: [request],
    memo,
  });
}

const nothing = (): Promise<void> => Promise.resolve();

function directories(runId: string) {
  const outputRoot = '/outputs';
  return {
    outputRoot,
    artifactsDir: `${outputRoot}/artifacts/runs/${runId}`,
    stateDir: `${outputRoot}/state`,
    logDir: `${outputRoot}/logs`,
  };
}

async function timeSkipping(): Promise<TestWorkflowEnvironment> {
  const path = process.env['SIGNALBOX_TEST_SERVER'];
  if (path === undefined) {
    throw new Error('SIGNALBOX_TEST_SERVER names no time-skipping server: run the tests with npm test');
  }
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
}
