import { NativeConnection, Runtime, DefaultLogger } from '@temporalio/worker';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { makePool } from '../src/adapters/postgres/index.js';
import { readHostId } from '../src/client/host-id.js';
import type { Config } from '../src/config/config.js';
import { RunError } from '../src/core/errors.js';
import type { Logger } from '../src/ports/logger.js';
import { createWorker } from './create-worker.js';

/** Where a worker process finds its servers. */
export interface WorkerPlaces {
  readonly temporal: NativeConnectionOptions & { readonly address: string };
  readonly namespace: string;
  readonly databaseUrl: string;
}

/**
 * A worker process, from its servers to its end. SIGTERM, SIGINT: nodes get a second, then are stopped, and
 * it ends. Tells a parent that listens `{kind: 'ready'}` once it polls, or stands by for a worker that does.
 * @throws RunError `TEMPORAL_UNREACHABLE` · `HOST_ID_INVALID` · `CONTAINMENT_TOO_WEAK`
 */
export async function runWorker(config: Config, places: WorkerPlaces): Promise<void> {
  Runtime.install({
    logger: new DefaultLogger(LOG_LEVELS[config.logLevel], ({ level, message, meta }) => {
      writeLine(level, message, meta ?? {});
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
      weakestContainment: config.weakestContainment,
      logger: lineLogger,
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

/** One line of JSON on stderr: fields, never arguments or outputs of nodes. */
function writeLine(level: string, message: string, fields: Readonly<Record<string, unknown>>): void {
  const { error, ...rest } = fields;
  const cause = error instanceof Error ? { error: error.message } : {};
  const line = { time: new Date().toISOString(), level, message, ...rest, ...cause };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

const LOG_LEVELS = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const;

const lineLogger: Logger = {
  info: (fields, message) => {
    writeLine('INFO', message, fields);
  },
  warn: (fields, message) => {
    writeLine('WARN', message, fields);
  },
  error: (fields, message) => {
    writeLine('ERROR', message, fields);
  },
};
