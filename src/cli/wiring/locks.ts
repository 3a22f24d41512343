import { makeBoxSight } from '../../adapters/box/box-sight.js';
import { findContainment } from '../../adapters/box/containment.js';
import { makeBox } from '../../adapters/box/make-box.js';
import { makeLockRows, makeOpenRuns, makeRunTable } from '../../adapters/postgres/index.js';
import { makeExecutionWatch } from '../../adapters/temporal/execution-watch.js';
import { makeExecutions } from '../../adapters/temporal/executions.js';
import { makeTerminator } from '../../adapters/temporal/terminator.js';
import { readHostId } from '../../client/host-id.js';
import { makePathLocks, type PathLocks } from '../../client/locks/path-locks.js';
import { makeNamespaceId } from '../../client/namespace-id.js';
import type { Config } from '../../config/config.js';
import type { Logger } from '../../ports/logger.js';
import type { Servers } from './servers.js';

/** What the box has to say goes into its errors; nobody takes a path over here. */
const SILENT: Logger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Paths as this user sees them on this machine. @throws RunError `TEMPORAL_UNREACHABLE` · `HOST_ID_INVALID` */
export async function makeLocks(config: Config, servers: Servers): Promise<PathLocks> {
  const { temporal: client, temporalAddress: address, database } = servers;
  const { stateDirectory } = config;
  const [hostId, temporalNamespaceId] = await Promise.all([
    readHostId(config.hostId),
    makeNamespaceId({ client, address })(),
  ]);
  return makePathLocks({
    hostId,
    temporalNamespaceId,
    uid: process.getuid?.() ?? 0,
    sight: makeBoxSight(stateDirectory),
    rows: makeLockRows(database),
    watch: makeExecutionWatch(client, address),
    terminator: makeTerminator(client, address),
    openRuns: makeOpenRuns(database),
    table: makeRunTable(database, { temporalNamespaceId }),
    clock: { now: () => new Date() },
    box: async () => {
      const containment = await findContainment();
      const executions = makeExecutions(client, address);
      return makeBox({ containment, stateDirectory, executions, logger: SILENT });
    },
  });
}
