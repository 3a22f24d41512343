import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import { makeEnvironmentStore } from '../src/adapters/files/environment-store.js';
import {
  makeForeignChanges,
  makeHostRegistry,
  makeOpenRuns,
  makeRunReader,
  makeRunTable,
} from '../src/adapters/postgres/index.js';
import { sendUpdate } from '../src/client/message-run.js';
import type { Box } from '../src/ports/box.js';
import type { ServingWorker } from '../src/ports/host-registry.js';
import { carryingTasks } from './carry-decisions.js';
import { claimHost, signsOfLife, type ClaimParts } from './claim-host.js';
import type { ActivitiesHere } from './activities-here.js';
import { interruptingLost } from './interrupt-lost.js';
import { interruptPredecessors, type InterruptParts } from './interrupt-predecessors.js';
import { makeLastWorker } from './last-worker.js';
import type { OpenRuns } from '../src/ports/open-runs.js';
import type { PeriodicTask } from './periodic-tasks.js';
import { reconcile } from './reconcile.js';
import { revivingQueues } from './revive-queues.js';
import type { Service } from './serve.js';
import { sweepEnvironments, type SweepPorts } from './sweep-environments.js';

export interface WatchRunsParts extends Omit<InterruptParts, 'openIds'> {
  readonly worker: ServingWorker;
  readonly client: Client;
  readonly here: ActivitiesHere;
  /** For messages. */
  readonly temporalAddress: string;
  readonly database: Pool;
  readonly box: Box;
  /** `$SIGNALBOX_HOME`: environments that clients leave. */
  readonly home: string;
  /** `$XDG_STATE_HOME/signalbox`. */
  readonly stateDirectory: string;
  /** Told when the worker must not poll any more. */
  readonly fail: (error: Error) => void;
}

/** With a pass in between a run that was terminated is known within twelve seconds. */
const RECONCILE_EVERY_MS = 8_000;
const MARK_EVERY_MS = 10_000;
/** Temporal's lists lag behind by less. */
const INTERRUPT_AGAIN_MS = 4_000;

/** What a worker does about runs beside serving them. A task of one's own belongs into `tasks`. */
export function watchRuns(parts: WatchRunsParts): Pick<Service, 'claim' | 'prepare' | 'tasks'> {
  const { worker, database, stateDirectory, logger, fail } = parts;
  const lastWorker = makeLastWorker(stateDirectory, worker);
  const claim: ClaimParts = { registry: makeHostRegistry(database), worker, logger, lastWorker };
  const openRuns = makeOpenRuns(database);
  const interrupt = { ...parts, openIds: () => openIds(parts, openRuns) };
  const interrupting = interruptingAtFirst(interrupt);
  return {
    claim: (signal) => claimHost(claim, signal),
    prepare: async (signal) => {
      await interrupting.run(signal).catch((error: unknown) => {
        logger.warn({ error }, 'what dead workers left unfinished cannot be looked for now');
      });
    },
    tasks: [
      interrupting,
      interruptingLost(interrupt),
      signsOfLife(claim, fail),
      reconciling(parts, openRuns),
      ...carrying(parts),
      { name: 'mark silent hosts', everyMs: MARK_EVERY_MS, run: () => openRuns.markSilentHosts() },
      revivingQueues({ ...parts, hostId: worker.hostId }),
      sweepEnvironments(sweepPortsOf(parts)),
    ],
  };
}

/** Before it polls, and a little later: what a list that lags has hidden is found then, and what failed done again. */
function interruptingAtFirst(parts: InterruptParts): PeriodicTask {
  let times = 0;
  return {
    name: 'interrupt predecessors',
    everyMs: INTERRUPT_AGAIN_MS,
    run: async () => {
      if (times > 2) return;
      await interruptPredecessors(parts);
      times += 1;
    },
  };
}

/** Without its tables a worker serves all the same. */
async function openIds({ worker, logger }: WatchRunsParts, openRuns: OpenRuns): Promise<readonly string[]> {
  const open = await openRuns.list(worker).catch((error: unknown) => {
    logger.warn({ error }, 'the tables do not say which runs are open');
    return [];
  });
  return open.map(({ temporalWorkflowId }) => temporalWorkflowId);
}

function carrying({ worker, client, temporalAddress: address, database, logger }: WatchRunsParts) {
  return carryingTasks({
    scope: worker,
    changes: makeForeignChanges(database),
    send: (run, update) => sendUpdate({ client, address, ...run }, update),
    logger,
  });
}

function reconciling(parts: WatchRunsParts, openRuns: OpenRuns): PeriodicTask {
  const { worker: scope, database, logger, watch, box } = parts;
  const table = makeRunTable(database, { logger, temporalNamespaceId: scope.temporalNamespaceId });
  const clock = { now: () => new Date() };
  return {
    name: 'reconcile',
    everyMs: RECONCILE_EVERY_MS,
    run: () => reconcile({ scope, watch, openRuns, table, box, clock, logger }),
  };
}

function sweepPortsOf({ worker, database, home, watch }: WatchRunsParts): SweepPorts {
  return {
    environments: makeEnvironmentStore(home),
    reader: makeRunReader(database),
    executions: watch,
    clock: { now: () => new Date() },
    temporalNamespaceId: worker.temporalNamespaceId,
  };
}
