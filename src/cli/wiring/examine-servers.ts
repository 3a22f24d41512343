import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { checkTables, makePool } from '../../adapters/postgres/index.js';
import { readHostId } from '../../client/host-id.js';
import { registeredSearchAttributes } from '../../client/search-attributes.js';
import { whyAway, withDeadline } from '../../client/temporal-calls.js';
import type { Config } from '../../config/config.js';
import { SEARCH_ATTRIBUTE_NAMES } from '../../contract/memo.js';
import { hostTaskQueue } from '../../contract/task-queues.js';
import type { StackEndpoints } from '../../ports/stack.js';
import { ok, type Check, type Seen } from './check.js';
import { PATIENCE_MS, temporalClient } from './temporal.js';

const CALL_MS = 3_000;
const { TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;

/** The servers, as they answer. Changes nothing. Of a Temporal that is away nothing more is asked. */
export async function serverChecks(config: Config, endpoints: StackEndpoints): Promise<readonly Check[]> {
  const client = await temporalClient(config, endpoints);
  const { address } = endpoints.temporal;
  const reason = await whyAway({ client }, PATIENCE_MS);
  return [
    ...(reason === null ? temporalChecks(client, config, address) : [temporalAway(address, reason)]),
    { name: 'database', look: () => database(endpoints.database.url) },
  ];
}

function temporalChecks(client: Client, config: Config, address: string): readonly Check[] {
  return [
    { name: 'Temporal', look: () => temporalServer(client, address) },
    { name: 'search attributes', look: () => searchAttributes(client, address) },
    { name: 'worker', look: () => worker(client, config) },
  ];
}

function temporalAway(address: string, reason: string): Check {
  const text = `${address} does not answer (${reason})`;
  const advice = 'check that it runs, and TEMPORAL_ADDRESS';
  return { name: 'Temporal', look: () => Promise.resolve({ verdict: 'fail', text, advice }) };
}

async function temporalServer(client: Client, address: string): Promise<Seen> {
  const { namespace } = client.options;
  const [{ serverVersion }] = await withDeadline(client, CALL_MS, () =>
    Promise.all([
      client.workflowService.getSystemInfo({}),
      client.workflowService.describeNamespace({ namespace }),
    ]),
  );
  return ok(`${address}, server ${serverVersion || 'of unknown version'}, namespace ${namespace}`);
}

async function searchAttributes(client: Client, address: string): Promise<Seen> {
  const known = await registeredSearchAttributes(client, address);
  const missing = SEARCH_ATTRIBUTE_NAMES.filter((name) => !known.has(name));
  if (missing.length === 0) {
    return ok(SEARCH_ATTRIBUTE_NAMES.join(', '));
  }
  return {
    verdict: 'warn',
    text: `missing: ${missing.join(', ')}; runs go without them`,
    advice: 'run signalbox setup',
  };
}

async function worker(client: Client, config: Config): Promise<Seen> {
  const queue = hostTaskQueue(await readHostId(config.hostId), process.getuid?.() ?? 0);
  const { pollers } = await withDeadline(client, CALL_MS, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: queue },
      taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
    }),
  );
  if (pollers.length > 0) return ok(pollers.map((poller) => poller.identity ?? 'unnamed').join(', '));
  return {
    verdict: 'warn',
    text: `none serves ${queue}: runs of this machine and user would wait`,
    advice: 'run signalbox worker, or signalbox up for the local stack',
  };
}

async function database(url: string): Promise<Seen> {
  const pool = makePool(url, { max: 1 });
  try {
    const { address, serverVersion, pendingMigrations, missingColumns } = await checkTables(pool);
    const text = `${address}, PostgreSQL ${serverVersion}`;
    if (pendingMigrations.length > 0) {
      return {
        verdict: 'fail',
        text: `${text}; tables are missing or old (${pendingMigrations.join(', ')})`,
        advice: 'run signalbox setup',
      };
    }
    if (missingColumns.length > 0) {
      return {
        verdict: 'fail',
        text: `${text}; Archon's tables lack ${missingColumns.join(', ')}`,
        advice: 'upgrade the Archon that made these tables',
      };
    }
    return ok(`${text}, tables as expected`);
  } finally {
    await pool.end();
  }
}
