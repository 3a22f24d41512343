import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { InternalConnectionOptionsSymbol } from '@temporalio/client/lib/connection.js';
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { makeWorker, type WorkflowCode } from '../../worker/make-worker.js';
import { findTestServer } from '../adapters/stack/programs.js';
import { startTestServer, type TestServer } from '../adapters/stack/test-server.js';
import { readConfig } from '../config/config.js';
import type { HostId } from '../core/ids.js';
import { makeFakeHost, type FakeHostParts } from './fake-host.js';

/** The machine and user whose runs a testbed serves. */
export const TEST_HOST = { hostId: 'testbed' as HostId, uid: 0 } as const;

const NAMESPACE = 'default';

/** Workflow code that the build left beside the compiled program. */
const BUILT_CODE = { codePath: fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url)) };

export interface RaisedServer {
  readonly client: Client;
  /** Lets time pass for every run on the server. */
  advance(ms: number): Promise<void>;
  /** The server's clock. @returns milliseconds since 1970 */
  now(): Promise<number>;
  close(): Promise<void>;
}

/** Parts of a testbed that its runs have in common. */
export interface RaiseOptions extends FakeHostParts {
  readonly workflowCode: WorkflowCode | undefined;
}

/** Server, connections and worker; whatever does not come up takes the rest down with it. */
export async function raiseTestServer(options: RaiseOptions): Promise<RaisedServer> {
  quietRuntime();
  const config = readConfig();
  const program = await findTestServer(
    {
      home: config.home,
      environment: config.environment,
      testServer: config.testServerPath ?? undefined,
    },
    (line) => process.stderr.write(`signalbox/testing: ${line}\n`),
  );
  const server = await startTestServer(program);
  try {
    return await connect(server, options);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function connect(server: TestServer, options: RaiseOptions): Promise<RaisedServer> {
  const { address } = server;
  // The SDK's own test environment asks for the test service in this way.
  const withTestService = { [InternalConnectionOptionsSymbol]: { supportsTestService: true } };
  const [connection, native] = await Promise.all([
    Connection.connect({ address, ...withTestService }),
    NativeConnection.connect({ address }),
  ]);
  const worker = await makeWorker({
    connection: native,
    namespace: NAMESPACE,
    ...TEST_HOST,
    identity: 'testbed',
    workflowCode: options.workflowCode ?? BUILT_CODE,
    activities: makeFakeHost(options),
    shutdownGraceMs: 0,
  });
  const serving = worker.run();
  return {
    client: new Client({ connection, namespace: NAMESPACE }),
    advance: async (ms) => {
      const duration = { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
      await connection.testService?.unlockTimeSkippingWithSleep({ duration: duration as never });
    },
    now: async () => {
      const time = (await connection.testService?.getCurrentTime({}))?.time;
      return Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1_000_000);
    },
    close: async () => {
      worker.shutdown();
      await serving;
      await connection.close();
      await native.close();
      await server.stop();
    },
  };
}

/** The SDK says only what went wrong. A program that has set it up in its own way is left alone. */
function quietRuntime(): void {
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
    });
  } catch {
    return;
  }
}
