import { randomUUID } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Pool } from 'pg';
import { createActivities } from '../activities/index.js';
import { createQueueActivities } from '../activities/watch-path.js';
import { findContainment, type Containment } from '../src/adapters/box/containment.js';
import { makeLauncherProcess } from '../src/adapters/box/launcher-process.js';
import { makeBox } from '../src/adapters/box/make-box.js';
import { makeArtifacts } from '../src/adapters/files/artifacts.js';
import { detectBaseBranch } from '../src/adapters/files/base-branch.js';
import { makeEnvironmentStore } from '../src/adapters/files/environment-store.js';
import { futurePath } from '../src/adapters/files/future-path.js';
import { makeOutputStore } from '../src/adapters/files/output-store.js';
import { makeRunFiles } from '../src/adapters/files/run-files.js';
import { makeSourceFiles } from '../src/adapters/files/source-files.js';
import { makeWorktrees } from '../src/adapters/git/worktrees.js';
import { readBootId } from '../src/adapters/host/boot-id.js';
import { makeHost } from '../src/adapters/host/host.js';
import {
  defaultBranchOf,
  makeIsolationTable,
  makeRunTable,
  makeTextStore,
} from '../src/adapters/postgres/index.js';
import { makeOutputTexts } from '../src/adapters/process/output-texts.js';
import { makePermits } from '../src/adapters/process/permits.js';
import { makeScripts } from '../src/adapters/process/scripts.js';
import { makeShell } from '../src/adapters/process/shell.js';
import { makeExecutionWatch } from '../src/adapters/temporal/execution-watch.js';
import { makeExecutions } from '../src/adapters/temporal/executions.js';
import { makePathWatch } from '../src/adapters/temporal/path-watch.js';
import { hostTaskQueue } from '../src/contract/task-queues.js';
import { RunError } from '../src/core/errors.js';
import type { HostId } from '../src/core/ids.js';
import type { Box } from '../src/ports/box.js';
import type { Logger } from '../src/ports/logger.js';
import { ActivitiesHere } from './activities-here.js';
import { makeSharedWorker, makeWorker, type WorkerParts, type WorkflowCode } from './make-worker.js';
import { serve } from './serve.js';
import { watchRuns } from './watch-runs.js';

/** What a worker is made of. Nothing is read from the environment here. */
export interface CreateWorkerOptions {
  /** To Temporal; also used to ask who holds what. */
  readonly connection: NativeConnection;
  /** For messages, and in the owner record of boxes. */
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly database: Pool;
  readonly hostId: HostId;
  readonly uid: number;
  /** `$SIGNALBOX_HOME`: environments that clients leave. */
  readonly home: string;
  /** `$XDG_STATE_HOME/signalbox`: the lock of this user's workers, and who its boxes belong to. */
  readonly stateDirectory: string;
  /** Outputs of runs go below its `workspaces`. */
  readonly archonHome: string;
  /** Environment of nodes whose client left none. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute; null: found on the PATH of `environment`. */
  readonly bashPath: string | null;
  /** How many bash and script nodes run at once; others wait for a permit. Null: twice the processor cores. */
  readonly maxNodes: number | null;
  /** Weakest containment level (highest number) that is accepted. */
  readonly weakestContainment: number;
  /** Told what the mirror had to leave out. */
  readonly logger: Logger;
  readonly workflowCode?: WorkflowCode;
  readonly shutdownGraceMs?: number;
}

export interface RunningWorker {
  /**
   * Serves until `shutdown`; rejects when the worker fails. While another worker of this user serves the same
   * namespace on this machine it stands by, and takes over when that one ends.
   * @param onReady told when it polls, and when it stands by
   */
  run(onReady?: () => void): Promise<void>;
  /** Ends polling, or standing by; running attempts are stopped after a second. */
  shutdown(): void;
}

const NODES_PER_CORE = 2;

/** Starts the commands of nodes for the worker. */
const LAUNCHER = fileURLToPath(new URL('../../bin/signalbox-launcher.js', import.meta.url));
/** Workflow code that the build left beside the compiled program. */
const BUILT_CODE = { codePath: fileURLToPath(new URL('../workflow-bundle.js', import.meta.url)) };

/**
 * A worker for the runs of one user on one machine.
 * @throws RunError `CONTAINMENT_TOO_WEAK`; its `run` also `HOST_ID_NOT_UNIQUE`
 */
export async function createWorker(options: CreateWorkerOptions): Promise<RunningWorker> {
  const { connection, namespace, hostId, uid, temporalAddress, logger, stateDirectory, home } = options;
  const [containment, temporalNamespaceId, bootId] = await Promise.all([
    findContainment(),
    namespaceId(connection, namespace),
    readBootId(),
  ]);
  requireContainment(containment, options.weakestContainment);
  const launcher = makeLauncherProcess(LAUNCHER);
  const client = new Client({ connection, namespace });
  const watch = makeExecutionWatch(client, temporalAddress);
  const executions = makeExecutions(client, temporalAddress);
  const box = makeBox({ containment, stateDirectory, executions, logger, launcher });
  const here = new ActivitiesHere();
  const instance = randomUUID();
  const identity = identityOf(instance, box);
  const parts: WorkerParts = {
    ...{ connection, namespace, hostId, uid },
    workflowCode: options.workflowCode ?? BUILT_CODE,
    identity,
    activities: here.track(
      createActivities({
        ...adaptersOf(options, box, temporalNamespaceId),
        executions,
        temporal: { temporalAddress, temporalNamespaceId },
      }),
    ),
    ...(options.shutdownGraceMs === undefined ? {} : { shutdownGraceMs: options.shutdownGraceMs }),
  };
  const worker = { hostId, bootId, instance, uid, temporalNamespaceId };
  const taskQueue = hostTaskQueue(hostId, uid);
  const watched = {
    ...{ here, worker, database: options.database, box, home, stateDirectory },
    ...{ watch, taskQueue, identity, logger },
  };
  const stopping = new AbortController();
  const service = {
    stateDirectory,
    temporalNamespaceId,
    logger,
    ...watchRuns({ ...watched, client, temporalAddress, fail: stopping.abort.bind(stopping) }),
    makeWorkers: () =>
      Promise.all([
        makeWorker(parts),
        makeSharedWorker({
          ...parts,
          activities: createQueueActivities(makePathWatch(client, executions, temporalAddress)),
        }),
      ]),
  };
  return {
    run: (onReady = () => undefined) =>
      serve(service, stopping.signal, onReady).finally(() => {
        launcher.shutdown();
      }),
    shutdown: () => {
      stopping.abort();
    },
  };
}

/** Of one process alone: pids come back, and a worker must tell itself from those before it. */
function identityOf(instance: string, box: Box): string {
  return `signalbox@${hostname()} pid ${process.pid} instance ${instance.slice(0, 8)} containment ${box.level}`;
}

function adaptersOf(options: CreateWorkerOptions, box: Box, temporalNamespaceId: string) {
  const { database, hostId, uid, logger } = options;
  const environment = makeEnvironmentStore(options.home, options.environment);
  const texts = makeTextStore(database);
  const programs = { box, environment, texts, workerEnvironment: options.environment };
  return {
    box,
    environment,
    host: makeHost({
      ...{ hostId, uid, futurePath },
      baseBranch: async (path) => (await defaultBranchOf(database, path)) || (await detectBaseBranch(path)),
    }),
    files: makeRunFiles(options.archonHome),
    sources: makeSourceFiles(makeTextStore(database)),
    outputs: makeOutputStore(),
    outputTexts: makeOutputTexts(),
    texts,
    table: makeRunTable(database, { logger, temporalNamespaceId }),
    isolation: makeIsolationTable(database, logger),
    worktrees: makeWorktrees({
      box,
      environmentOf: async ({ runId, hasClientEnvironment }) =>
        (hasClientEnvironment ? await environment.load(runId) : null) ?? options.environment,
    }),
    permits: makePermits(options.maxNodes ?? NODES_PER_CORE * availableParallelism()),
    artifacts: makeArtifacts({ now: () => new Date() }),
    shell: makeShell({ ...programs, bashPath: options.bashPath }),
    scripts: makeScripts(programs),
  };
}

function requireContainment({ level, shortcoming }: Containment, weakest: number): void {
  if (level <= weakest) return;
  const reason = shortcoming === null ? '' : ` (${shortcoming})`;
  throw new RunError(
    'CONTAINMENT_TOO_WEAK',
    `this machine contains processes at level ${level}${reason}, and SIGNALBOX_REQUIRE_CONTAINMENT asks for ${weakest} or better; see signalbox doctor, or unset it`,
    { level, required: weakest },
  );
}

async function namespaceId(connection: NativeConnection, namespace: string): Promise<string> {
  const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace });
  return namespaceInfo?.id ?? '';
}
