// What the benchmarks run on: a local stack in a home of its own, and a bare worker on the same server.
import { fork, execFile } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
export const BIN = join(root, 'bin', 'signalbox.js');
const BARE_QUEUE = 'bench.bare';

export async function raiseStage() {
  const home = await mkdtemp(join(tmpdir(), 'signalbox-bench-'));
  const environment = {
    ...process.env,
    SIGNALBOX_HOME: join(home, 'signalbox'),
    ARCHON_HOME: join(home, 'archon'),
    XDG_STATE_HOME: join(home, 'state'),
  };
  const cli = (args, options = {}) =>
    run(process.execPath, [BIN, ...args], { env: environment, cwd: home, ...options });
  await cli(['up']);
  const { createStack } = await import(join(root, 'dist/src/adapters/stack/stack.js'));
  const { makePool } = await import(join(root, 'dist/src/adapters/postgres/index.js'));
  const { findLayout } = await import(join(root, 'dist/src/adapters/stack/layout.js'));
  const { createOrchestrator } = await import(join(root, 'dist/src/index.js'));
  const endpoints = await createStack({
    home: environment.SIGNALBOX_HOME,
    environment,
    temporalNamespace: 'default',
    supervisorCommand: [],
    workerCommand: [],
    searchAttributes: {},
  }).endpoints();
  const connection = await Connection.connect({ address: endpoints.temporal.address });
  const client = new Client({ connection, namespace: endpoints.temporal.namespace });
  const database = makePool(endpoints.database.url);
  const orchestrator = createOrchestrator({
    temporal: client,
    database,
    home: environment.SIGNALBOX_HOME,
    archonHome: environment.ARCHON_HOME,
  });
  const bare = await startBareWorker(endpoints.temporal.address);
  return {
    cli,
    client,
    home,
    orchestrator,
    bareQueue: BARE_QUEUE,
    makeDirectory: (name) => makeDirectory(home, name),
    tearDown: async () => {
      bare.kill('SIGTERM');
      await connection.close();
      await database.end();
      await cli(['down']);
      // As root, Postgres keeps its data in a place of its own.
      const postgres = findLayout(environment.SIGNALBOX_HOME)?.postgres;
      if (postgres !== undefined) await rm(postgres, { recursive: true, force: true });
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function startBareWorker(address) {
  const child = fork(fileURLToPath(new URL('./bare-worker.mjs', import.meta.url)), [address, BARE_QUEUE], {
    stdio: 'inherit',
  });
  await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error('the bare worker ended')));
  });
  return child;
}

/** A working path with the workflows of the benchmark. */
async function makeDirectory(home, name) {
  const directory = join(home, 'paths', name);
  await mkdir(join(directory, '.archon', 'workflows'), { recursive: true });
  for (const [workflow, scripts] of Object.entries({
    chain: CHAIN,
    one: ['true'],
    lasting: ['setsid sleep 600 & sleep 600 & wait'],
    held: [`read -r line < '${directory}/gate'`],
  })) {
    const nodes = scripts.map((bash, index) => ({
      id: `n${index}`,
      bash,
      ...(index > 0 && { depends_on: [`n${index - 1}`] }),
    }));
    await writeFile(
      join(directory, '.archon', 'workflows', `${workflow}.yaml`),
      JSON.stringify({ name: workflow, description: workflow, nodes }),
    );
  }
  await run('mkfifo', [join(directory, 'gate')]);
  return directory;
}

/** The commands of ten nodes, for both sides. */
export const CHAIN = Array.from({ length: 10 }, (_, index) => `echo ${index}`);
