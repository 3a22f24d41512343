import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { createActivities } from '../../activities/index.js';
import { makeArtifacts } from '../../src/adapters/files/artifacts.js';
import { makeEnvironmentStore } from '../../src/adapters/files/environment-store.js';
import { makeOutputStore } from '../../src/adapters/files/output-store.js';
import { futurePath } from '../../src/adapters/files/future-path.js';
import { makeRunFiles } from '../../src/adapters/files/run-files.js';
import { makeHost } from '../../src/adapters/host/host.js';
import { makePool, makeRunTable, makeTextStore } from '../../src/adapters/postgres/index.js';
import { makeOutputTexts } from '../../src/adapters/process/output-texts.js';
import { makePermits } from '../../src/adapters/process/permits.js';
import { makeScripts } from '../../src/adapters/process/scripts.js';
import { makeShell } from '../../src/adapters/process/shell.js';
import { makeExecutions } from '../../src/adapters/temporal/executions.js';
import type { HostId } from '../../src/core/ids.js';
import { createOrchestrator } from '../../src/index.js';
import type { Box, BoxExit, BoxTask } from '../../src/ports/box.js';
import { makeWorker } from '../../worker/make-worker.js';
import { FakeWorktrees } from '../support/fake-worktrees.js';
import { tempDatabases } from '../support/temp-postgres.js';
import { devServer } from '../support/temporal-servers.js';
import { workflowBundle } from '../support/workflow-bundle.js';
import { placeWitnesses, type Witnessed } from './witnesses.js';

const HOST = 'a-host-without-boxes' as HostId;

/**
 * What a program does that thinks a child process is all that a command leaves: it starts commands, and ends
 * those very processes.
 */
export function makeNoBox(): Box {
  const children = new Map<ChildProcess, BoxTask>();
  const stop = async (isMeant: (task: BoxTask) => boolean, graceMs: number): Promise<void> => {
    const meant = [...children].flatMap(([child, task]) => (isMeant(task) ? [child] : []));
    for (const child of meant) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await gone;
      clearTimeout(kill);
    }
  };
  return {
    level: 4,
    ensureOpen: () => Promise.resolve(null),
    enter: async (task, onStarted) => {
      const child = start(task);
      children.set(child, task);
      onStarted?.(child.pid ?? 0);
      const [exitCode, signal] = (await once(child, 'exit')) as [BoxExit['exitCode'], BoxExit['signal']];
      children.delete(child);
      return { exitCode, signal };
    },
    stopAttempt: ({ runId }, attemptId, graceMs) =>
      stop((task) => task.runId === runId && task.attemptId === attemptId, graceMs),
    close: async ({ runId }, graceMs) => {
      await stop((task) => task.runId === runId, graceMs);
      return 'closed';
    },
    prove: () => Promise.resolve({ isEmpty: true, processes: [] }),
    list: () => Promise.resolve([]),
    evict: ({ runId }, graceMs) => stop((task) => task.runId === runId, graceMs),
  };
}

function start(task: BoxTask): ChildProcess {
  const [program, ...words] = task.argv;
  const outputs = [openSync(task.stdoutPath, 'a', 0o600), openSync(task.stderrPath, 'a', 0o600)];
  const markers = { SIGNALBOX_RUN_ID: task.runId, SIGNALBOX_ATTEMPT: task.attemptId };
  const child = spawn(program, words, {
    cwd: task.workingPath,
    env: { ...task.environment, ...markers },
    stdio: ['ignore', ...outputs],
  });
  for (const output of outputs) closeSync(output);
  return child;
}

export interface BoxlessScene extends Witnessed {
  close(): Promise<void>;
}

/** Runs of ours on a real Temporal and a real Postgres, whose worker has no box. */
export async function raiseBoxlessScene(paths: number): Promise<BoxlessScene> {
  const [witnesses, server, databases] = await Promise.all([
    placeWitnesses(paths),
    devServer(),
    tempDatabases(),
  ]);
  const home = join(witnesses.directory, 'home');
  const url = await databases.migrated();
  const database = new pg.Pool({ connectionString: url, max: 4 });
  const ownPool = makePool(url);
  const place = { uid: process.getuid?.() ?? 0, hostId: HOST };
  const box = makeNoBox();
  const environment = makeEnvironmentStore(home);
  const texts = makeTextStore(ownPool);
  const programs = { box, environment, texts, workerEnvironment: { PATH: '/usr/bin:/bin' } };
  const worktrees = new FakeWorktrees();
  const worker = await makeWorker({
    ...place,
    connection: server.nativeConnection,
    namespace: 'default',
    identity: 'a worker without a box',
    workflowCode: workflowBundle(),
    activities: createActivities({
      box,
      environment,
      host: makeHost({ ...place, baseBranch: () => Promise.resolve('main'), futurePath }),
      worktrees: worktrees.worktrees,
      isolation: worktrees.isolation,
      files: makeRunFiles(join(home, 'archon')),
      sources: { lay: () => Promise.resolve() },
      outputs: makeOutputStore(),
      outputTexts: makeOutputTexts(),
      texts,
      table: makeRunTable(ownPool),
      permits: makePermits(100),
      artifacts: makeArtifacts({ now: () => new Date() }),
      shell: makeShell({ ...programs, bashPath: null }),
      scripts: makeScripts(programs),
      executions: makeExecutions(server.client, 'the test server'),
      temporal: { temporalAddress: 'the test server', temporalNamespaceId: 'control' },
    }),
  });
  const working = worker.run();
  return {
    ...witnesses,
    client: server.client,
    database,
    orchestrator: createOrchestrator({
      temporal: server.client,
      database,
      hostId: HOST,
      home,
      archonHome: join(home, 'archon'),
    }),
    close: async () => {
      await witnesses.dismiss();
      worker.shutdown();
      await working;
      await Promise.all([database.end(), ownPool.end()]);
      await Promise.all([server.teardown(), databases.stop()]);
    },
  };
}
