import { Client, Connection } from '@temporalio/client';
import { createStack } from '../../src/adapters/stack/stack.js';
import { makePool } from '../../src/adapters/postgres/index.js';
import { createOrchestrator } from '../../src/index.js';
import type { Orchestrator } from '../../src/client/orchestrator.js';
import type { StackEndpoints } from '../../src/ports/stack.js';
import type { Pool } from 'pg';
import { makeCliHome, type CliHome } from './cli.js';

/** A local stack brought up by the command line, with the library connected to it. */
export interface LiveStack {
  readonly cli: CliHome;
  readonly endpoints: StackEndpoints;
  readonly client: Client;
  readonly database: Pool;
  readonly orchestrator: Orchestrator;
  /** Another library client of the same servers, through another address. */
  connect(address: string): Promise<Orchestrator>;
  remove(): Promise<void>;
}

export async function raiseLiveStack(): Promise<LiveStack> {
  const cli = await makeCliHome();
  const up = await cli.run(['up']);
  if (up.exitCode !== 0) throw new Error(`signalbox up ended with ${up.exitCode}: ${up.stdout}${up.stderr}`);
  const endpoints = await findEndpoints(cli);
  const connections: Connection[] = [];
  const database = makePool(endpoints.database.url);
  const connect = async (address: string): Promise<{ client: Client; orchestrator: Orchestrator }> => {
    const connection = await Connection.connect({ address });
    connections.push(connection);
    const client = new Client({ connection, namespace: endpoints.temporal.namespace });
    const home = cli.environment['SIGNALBOX_HOME'] ?? '';
    return { client, orchestrator: createOrchestrator({ temporal: client, database, home }) };
  };
  const own = await connect(endpoints.temporal.address);
  return {
    cli,
    endpoints,
    database,
    ...own,
    connect: async (address) => (await connect(address)).orchestrator,
    remove: async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await database.end();
      await cli.remove();
    },
  };
}

/** Where the stack of a home listens. */
export async function findEndpoints(cli: CliHome): Promise<StackEndpoints> {
  const stack = createStack({
    home: cli.environment['SIGNALBOX_HOME'] ?? '',
    environment: cli.environment,
    temporalNamespace: 'default',
    supervisorCommand: [],
    workerCommand: [],
    searchAttributes: {},
  });
  const endpoints = await stack.endpoints();
  if (endpoints === null) throw new Error('the stack is down');
  return endpoints;
}
