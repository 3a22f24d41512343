import type { Pool } from 'pg';
import { makeEnvironmentStore } from '../src/adapters/files/environment-store.js';
import { makeHostRegistry, makeRunReader } from '../src/adapters/postgres/index.js';
import type { ServingWorker } from '../src/ports/host-registry.js';
import { claimHost, signsOfLife, type ClaimParts } from './claim-host.js';
import { interruptPredecessors, type InterruptParts } from './interrupt-predecessors.js';
import type { Service } from './serve.js';
import { sweepEnvironments, type SweepPorts } from './sweep-environments.js';

export interface WatchRunsParts extends InterruptParts {
  readonly worker: ServingWorker;
  readonly database: Pool;
  /** `$SIGNALBOX_HOME`: environments that clients leave. */
  readonly home: string;
  /** Told when the worker must not poll any more. */
  readonly fail: (error: Error) => void;
}

/** What a worker does about runs beside serving them. A task of one's own belongs into `tasks`. */
export function watchRuns(parts: WatchRunsParts): Pick<Service, 'prepare' | 'tasks'> {
  const { worker, database, logger, fail } = parts;
  const claim: ClaimParts = { registry: makeHostRegistry(database), worker, logger };
  return {
    prepare: async (signal) => {
      await claimHost(claim, signal);
      await interruptPredecessors(parts);
    },
    tasks: [signsOfLife(claim, fail), sweepEnvironments(sweepPortsOf(parts))],
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
