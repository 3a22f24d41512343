import { NativeConnection, Runtime, DefaultLogger } from '@temporalio/worker';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { makePool } from '../src/adapters/postgres/index.js';
import { readHostId } from '../src/client/host-id.js';
import type { Config } from '../src/config/config.js';
import { RunError } from '../src/core/errors.js';
import { createWorker } from './create-worker.js';
import { logLine, makeLineLogger } from './line-logger.js';

/** Where a worker process finds its servers. */
export interface WorkerPlaces {
  readonly temporal: NativeConnectionOptions & { readonly address: string };
  readonly namespace: string;
  readonly databaseUrl: string;
}

/**
 * A worker process, from its servers to its end. SIGTERM, SIGINT: nodes get a second, then are stopped, and
 * it ends. Tells a parent that listens `{kind: 'ready'}` once it polls, or stands by for a worker that does.
 * @throws RunError `TEMPORAL_UNREACHABLE` · `HOST_ID_INVALID` · `HOST_ID_NOT_UNIQUE` · `CONTAINMENT_TOO_WEAK`
 */
export async function runWorker(config: Config, places: WorkerPlaces): Promise<void> {
  Runtime.install({
    logger: new DefaultLogger(LOG_LEVELS[config.logLevel], ({ level, message, meta }) => {
      writeLine(logLine(level, message, meta ?? {}, new Date()));
    }),
    // They end a worker that stands by, too, which Temporal's own handlers know nothing of.
    shutdownSignals: [],
  });
  const hostId = await readHostId(config.hostId);
  const connection = await connect(places);
  const database = makePool(places.databaseUrl, { max: 16 });
  try {
    const worker = await createWorker({
      connection,
      temporalAddress: places.temporal.address,
      namespace: places.namespace,
      database,
      hostId,
      uid: process.getuid?.() ?? 0,
      home: config.home,
      stateDirectory: config.stateDirectory,
      archonHome: config.archonHome,
      environment: config.environment,
      bashPath: config.bashPath,
      maxNodes: config.maxNodes,
      weakestContainment: config.weakestContainment,
      logger: makeLineLogger(config.logLevel, writeLine),
    });
    // The last: a parent that started it and is gone will not stop it any more.
    for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) {
      process.once(event, () => {
        worker.shutdown();
      });
    }
    await worker.run(() => process.send?.({ kind: 'ready' }));
  } finally {
    await connection.close();
    await database.end();
  }
}

async function connect({ temporal }: WorkerPlaces): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(temporal);
  } catch (error) {
    throw new RunError(
      'TEMPORAL_UNREACHABLE',
      `Temporal at ${temporal.address} does not answer (${error instanceof Error ? error.message : String(error)}); start it, or check TEMPORAL_ADDRESS`,
      { address: temporal.address },
      { cause: error },
    );
  }
}

const LOG_LEVELS = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const;

const writeLine = (line: string): void => void process.stderr.write(line);
