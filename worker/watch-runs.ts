import type { Pool } from 'pg';
import { makeHostRegistry } from '../src/adapters/postgres/index.js';
import type { ServingWorker } from '../src/ports/host-registry.js';
import { claimHost, signsOfLife, type ClaimParts } from './claim-host.js';
import { interruptPredecessors, type InterruptParts } from './interrupt-predecessors.js';
import type { Service } from './serve.js';

export interface WatchRunsParts extends InterruptParts {
  readonly worker: ServingWorker;
  readonly database: Pool;
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
    tasks: [signsOfLife(claim, fail)],
  };
}
