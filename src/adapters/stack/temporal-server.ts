import type { StackLayout } from './layout.js';
import { logFile } from './layout.js';
import type { StackOptions } from './options.js';
import type { Part } from './part.js';
import { startProcess } from './part-process.js';
import { onFreePorts } from './ports.js';
import { serverEnvironment } from './server-environment.js';
import { untilItServes } from './serve.js';

/**
 * One history shard polls at most 20 times a second unless told otherwise, timers below a second cost a second, and a
 * node's activity takes a way of its own unless it may travel with the workflow task. Longer ids than 255 bytes
 * would be accepted here and break on every other database.
 */
const DYNAMIC_CONFIG = {
  'history.transferProcessorMaxPollRPS': 5000,
  'history.timerProcessorMaxTimeShift': '10ms',
  'system.enableActivityEagerExecution': true,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'limit.maxIDLength': 255,
  'frontend.enableServerVersionCheck': false,
};

/** Write-ahead log: a commit costs no sync, and no kill of the process loses one (a power failure may). */
const SQLITE_PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

const SERVES_WITHIN_MS = 60_000;

const PORT_NAMES = ['temporal', 'temporalUi', 'temporalHttp', 'temporalMetrics'] as const;
type TemporalPorts = Readonly<Record<(typeof PORT_NAMES)[number], number>>;

export interface TemporalServer {
  readonly layout: StackLayout;
  readonly options: StackOptions;
  readonly program: string;
  /** Ports of last time; where a port that was chosen is written down. */
  readonly ports: () => Readonly<Record<string, number>>;
  readonly keepPorts: (ports: TemporalPorts) => void;
}

/** Temporal's development server on a database file, so that it forgets nothing when it dies. */
export function temporalPart(server: TemporalServer): Part {
  const { layout } = server;
  return {
    name: 'temporal',
    launch: (started, abandon) =>
      onFreePorts(
        PORT_NAMES.map((name) => server.ports()[name]),
        async ([temporal = 0, temporalUi = 0, temporalHttp = 0, temporalMetrics = 0]) => {
          const ports = { temporal, temporalUi, temporalHttp, temporalMetrics };
          const process = await startProcess(
            {
              title: 'Temporal',
              argv: [server.program, ...temporalArguments(layout.temporalDatabase, server.options, ports)],
              environment: serverEnvironment(server.options.environment),
              directory: layout.home,
              logFile: logFile(layout, 'temporal'),
            },
            started,
          );
          const serves = () => namespaceAnswers(temporalHttp, server.options.temporalNamespace);
          await untilItServes(process, { serves, withinMs: SERVES_WITHIN_MS, abandon });
          server.keepPorts(ports);
          return { process, address: `127.0.0.1:${temporal}` };
        },
      ),
  };
}

export function temporalArguments(database: string, options: StackOptions, ports: TemporalPorts): string[] {
  const each = (flag: string, values: readonly string[]) => values.flatMap((value) => [flag, value]);
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--ui-ip', '127.0.0.1', '--log-level', 'warn'],
    ...['--port', String(ports.temporal), '--ui-port', String(ports.temporalUi)],
    ...['--http-port', String(ports.temporalHttp), '--metrics-port', String(ports.temporalMetrics)],
    ...['--namespace', options.temporalNamespace, '--db-filename', database],
    ...each('--sqlite-pragma', SQLITE_PRAGMAS),
    ...each(
      '--search-attribute',
      Object.entries(options.searchAttributes).map(([name, type]) => `${name}=${type}`),
    ),
    ...each(
      '--dynamic-config-value',
      Object.entries(DYNAMIC_CONFIG).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
    ),
  ];
}

/** The frontend's HTTP door answers once namespace and frontend can be used; gRPC accepts earlier. */
async function namespaceAnswers(httpPort: number, namespace: string): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${httpPort}/api/v1/namespaces/${encodeURIComponent(namespace)}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
