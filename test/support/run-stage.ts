import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createActivities, type ActivityPorts } from '../../activities/index.js';
import { makeOutputStore } from '../../src/adapters/files/output-store.js';
import { makePermits } from '../../src/adapters/process/permits.js';
import { makeExecutions } from '../../src/adapters/temporal/executions.js';
import type { RunMemo } from '../../src/contract/memo.js';
import { CONTRACT_VERSION, workflowIdOf, type StartRequest } from '../../src/contract/start-request.js';
import { hostTaskQueue } from '../../src/contract/task-queues.js';
import type { WorkflowDefinition } from '../../src/core/definition/definition.js';
import { RunError } from '../../src/core/errors.js';
import type { HostId, RunId, WorkingPath } from '../../src/core/ids.js';
import type { TakenOver } from '../../src/core/lease/taken-over.js';
import type { MirrorWrite } from '../../src/core/mirror/rows.js';
import type { AttemptTask } from '../../src/core/run/task.js';
import type { Artifacts } from '../../src/ports/artifacts.js';
import type { BoxOwner } from '../../src/ports/box.js';
import type { Scripts } from '../../src/ports/scripts.js';
import { makeWorker, type WorkerParts } from '../../worker/make-worker.js';
import { makeOutputTexts } from '../../src/adapters/process/output-texts.js';
import { FakeRunTable } from './fake-run-table.js';
import { makeFakeArtifacts } from './fake-artifacts.js';
import { makeFakeBox } from './fake-box.js';
import { FakeWorktrees } from './fake-worktrees.js';
import { says, type NodeScript } from './node-scripts.js';
import { workflowBundle } from './workflow-bundle.js';

export const STAGE_HOST = 'test-host' as HostId;
export const STAGE_UID = 1000;

export interface StagedRun {
  readonly request: StartRequest;
  readonly handle: WorkflowHandleWithFirstExecutionRunId;
}

/** Real workflows and activities on a real Temporal server, over a host of fakes. */
export interface RunStage {
  readonly environment: TestWorkflowEnvironment;
  readonly table: FakeRunTable;
  /** What a node does, by node id; a node that is not here says its own name. */
  readonly nodes: Map<string, NodeScript>;
  /** What becomes of outputs that are to be artifacts. */
  readonly artifacts: { port: Artifacts };
  /** Tasks that the host was given, in order. */
  readonly tasks: AttemptTask[];
  /** What the host was asked, in order: `<what> <run id>`. */
  readonly journal: string[];
  /** What the table took, in order, first writes included. */
  readonly writes: MirrorWrite[];
  /** Whose boxes were opened, in order. */
  readonly owners: BoxOwner[];
  /** From whom the next boxes that are opened are taken over, in order. */
  readonly deserted: TakenOver[];
  /** What a directory really is on this host; one that is not here is itself. */
  readonly realPaths: Map<string, string>;
  readonly worktrees: FakeWorktrees;
  /** What of the runtimes of scripts is not installed. */
  readonly missingRuntimes: Set<string>;
  /** The next writes of the table, first ones of runs apart, fail like this; 0: from now on all succeed. */
  refuseWrites(count: number, error: RunError): void;
  request(definition: WorkflowDefinition, over?: Partial<StartRequest>): StartRequest;
  start(definition: WorkflowDefinition, over?: Partial<StartRequest>): Promise<StagedRun>;
  /** What of the journal is about one run, without its id. */
  journalOf(runId: string): readonly string[];
  /** Another worker in place of the one before: it knows no run but by its history. */
  restartWorker(): Promise<void>;
  tearDown(): Promise<void>;
}

/**
 * @param environment of a server that the stage tears down with itself
 * @param outputRoot where nodes' outputs go, as the runs are told; default: a directory that goes with the stage
 * @param permits how many nodes work at once
 */
export async function raiseRunStage(
  environment: TestWorkflowEnvironment,
  outputRoot?: string,
  permits = 1_000,
): Promise<RunStage> {
  const table = new FakeRunTable();
  const nodes = new Map<string, NodeScript>();
  const tasks: AttemptTask[] = [];
  const journal: string[] = [];
  const writes: MirrorWrite[] = [];
  const owners: BoxOwner[] = [];
  const deserted: TakenOver[] = [];
  const realPaths = new Map<string, string>();
  const worktrees = new FakeWorktrees();
  const missingRuntimes = new Set<string>();
  const refusal: Refusal = { left: 0, error: new RunError('RUN_TABLE_UNREACHABLE', 'away') };
  const files = mkdtempSync(join(tmpdir(), 'signalbox-stage-'));
  const note = (what: string, runId: string): void => void journal.push(`${what} ${runId}`);
  const artifacts = { port: makeFakeArtifacts() };
  const run: NodeScript = (task, signal) => {
    tasks.push(task);
    note(`run ${task.attemptId}`, task.runId);
    return (nodes.get(task.nodeId) ?? says(task.nodeId))(task, signal);
  };
  const parts: WorkerParts = {
    connection: environment.nativeConnection,
    namespace: environment.namespace ?? 'default',
    hostId: STAGE_HOST,
    uid: STAGE_UID,
    identity: 'test worker',
    workflowCode: workflowBundle(),
    activities: createActivities({
      ...hostPorts(outputRoot ?? files, realPaths, note),
      table: journaledTable({ table, refusal, writes, note }),
      box: journaledBox({ owners, deserted }, note),
      shell: { run },
      scripts: { requireRuntimes: requiring(missingRuntimes), run },
      permits: makePermits(permits),
      artifacts: { keep: (...words) => artifacts.port.keep(...words) },
      worktrees: worktrees.worktrees,
      isolation: worktrees.isolation,
      executions: makeExecutions(environment.client, 'the test server'),
      temporal: { temporalAddress: 'the test server', temporalNamespaceId: 'test' },
    }),
  };
  let worker = await serve(parts);
  return {
    environment,
    table,
    nodes,
    artifacts,
    tasks,
    journal,
    writes,
    owners,
    deserted,
    realPaths,
    worktrees,
    missingRuntimes,
    refuseWrites: (left, error) => void Object.assign(refusal, { left, error }),
    request: aRequest,
    start: async (definition, over) => {
      const request = aRequest(definition, over);
      return { request, handle: await startRequest(environment, request) };
    },
    journalOf: (runId) =>
      journal.filter((line) => line.endsWith(` ${runId}`)).map((line) => line.slice(0, -runId.length - 1)),
    restartWorker: async () => {
      await worker.stop();
      worker = await serve(parts);
    },
    tearDown: async () => {
      await worker.stop();
      await environment.teardown();
      rmSync(files, { recursive: true, force: true });
    },
  };
}

const requiring =
  (missing: ReadonlySet<string>): Scripts['requireRuntimes'] =>
  (_run, runtimes) => {
    const found = runtimes.find((runtime) => missing.has(runtime));
    if (found === undefined) return Promise.resolve();
    return Promise.reject(new RunError('RUNTIME_MISSING', `${found} is missing`));
  };

/** A start request as the client makes it, on a working path of its own. */
export function aRequest(definition: WorkflowDefinition, over: Partial<StartRequest> = {}): StartRequest {
  return {
    contractVersion: CONTRACT_VERSION,
    runId: randomUUID() as RunId,
    startToken: randomUUID(),
    hostId: STAGE_HOST,
    uid: STAGE_UID,
    workingPath: `/repos/${randomUUID()}` as WorkingPath,
    definition,
    message: 'a message',
    inputs: {},
    baseBranch: null,
    hasClientEnvironment: false,
    startedBy: 'me@laptop',
    searchAttributes: [],
    graceMs: 100,
    heartbeatTimeoutMs: 60_000,
    resume: null,
    ...over,
  };
}

/** Starts an execution for a request, as the client would, or with another ID or more arguments. */
export function startRequest(
  { client }: TestWorkflowEnvironment,
  request: StartRequest,
  over: { readonly workflowId?: string; readonly args?: unknown[] } = {},
): Promise<WorkflowHandleWithFirstExecutionRunId> {
  const memo: Partial<RunMemo> = { runId: request.runId, startToken: request.startToken };
  return client.workflow.start('run', {
    workflowId: over.workflowId ?? workflowIdOf(request),
    taskQueue: hostTaskQueue(STAGE_HOST, STAGE_UID),
    args: over.args ?? [request],
    memo,
  });
}

async function serve(parts: WorkerParts): Promise<{ stop(): Promise<void> }> {
  const worker = await makeWorker(parts);
  const serving = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await serving;
    },
  };
}

interface Refusal {
  left: number;
  error: RunError;
}

type Note = (what: string, runId: string) => void;
type HostPorts = Pick<
  ActivityPorts,
  'host' | 'sources' | 'files' | 'environment' | 'outputs' | 'outputTexts' | 'texts'
>;

function hostPorts(root: string, realPaths: ReadonlyMap<string, string>, note: Note): HostPorts {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    host: {
      hostId: STAGE_HOST,
      uid: STAGE_UID,
      realPath: (path) => Promise.resolve(realPaths.get(path) ?? path),
      futurePath: (path) => Promise.resolve(path),
      baseBranch: () => Promise.resolve('main'),
    },
    sources: { lay: () => Promise.resolve() },
    files: {
      findEvidence: (artifactsDir) => {
        const path = join(artifactsDir, 'evidence.json');
        return Promise.resolve({ isPresent: existsSync(path), path });
      },
      prepare: (_path, runId) => {
        note('prepare directories', runId);
        const runs = join(root, 'artifacts/runs', runId);
        const others = { stateDir: join(root, 'state'), logDir: join(root, 'logs') };
        return Promise.resolve({ outputRoot: root, artifactsDir: runs, ...others });
      },
    },
    environment: {
      save: nothing,
      load: () => Promise.resolve(null),
      offer: nothing,
      adopt: ({ runId, startToken }) => {
        note(`adopt environment of ${startToken}`, runId);
        return Promise.resolve();
      },
      withdraw: nothing,
      remove: (runId) => {
        note('remove environment', runId);
        return Promise.resolve();
      },
    },
    outputs: makeOutputStore(),
    outputTexts: makeOutputTexts(),
    texts: { get: () => Promise.reject(new Error('no text is stored here')) },
  };
}

function journaledTable(parts: {
  readonly table: FakeRunTable;
  readonly refusal: Refusal;
  readonly writes: MirrorWrite[];
  readonly note: Note;
}): ActivityPorts['table'] {
  const { table, refusal, writes, note } = parts;
  return {
    open: async (first, isCurrent) => {
      const opened = await table.open(first, isCurrent);
      const { row, events, identity } = first;
      writes.push({
        runId: identity.runId,
        epoch: opened.epoch,
        seq: events.at(-1)?.seq ?? 0,
        row,
        events,
        results: [],
      });
      note(`write row ${row.status}`, identity.runId);
      return opened;
    },
    write: async (write) => {
      refusal.left -= 1;
      if (refusal.left >= 0) throw refusal.error;
      await table.write(write);
      writes.push(write);
      note(`write row ${write.row.status}`, write.runId);
    },
    results: (runId) => table.results(runId),
    children: (parentRunId, nodeId) => table.children(parentRunId, nodeId),
    archonHolders: (path) => table.archonHolders(path),
  };
}

function journaledBox(
  { owners, deserted }: Pick<RunStage, 'owners' | 'deserted'>,
  note: Note,
): ActivityPorts['box'] {
  const box = makeFakeBox();
  return {
    ...box,
    ensureOpen: async (owner, temporalRunId) => {
      const isOpen = box.owners.get(owner.runId)?.fenceToken === owner.fenceToken;
      await box.ensureOpen(owner, temporalRunId);
      if (isOpen) return null;
      owners.push(owner);
      note('open box', owner.runId);
      return deserted.shift() ?? null;
    },
    close: async (closer, graceMs) => {
      const closing = await box.close(closer, graceMs);
      note(closing === 'closed' ? 'close box' : 'leave box', closer.runId);
      return closing;
    },
  };
}
