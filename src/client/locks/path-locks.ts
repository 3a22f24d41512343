import type { Clock } from '../../ports/clock.js';
import type { Box } from '../../ports/box.js';
import type { ExecutionWatch } from '../../ports/executions.js';
import type { OpenRuns } from '../../ports/open-runs.js';
import type { BoxSight, LockRows, Terminator } from '../../ports/path-locks.js';
import type { RunTable } from '../../ports/run-table.js';
import type { HostId } from '../../core/ids.js';
import type { PathFacts } from '../../core/locks/path-facts.js';
import { gatherPaths, isAbout, pathOf, type GatherPorts } from './gather-paths.js';
import { releaseRun, type Release, type ReleaseRequest } from './release-run.js';

export interface PathLocksPorts {
  readonly sight: BoxSight;
  readonly rows: LockRows;
  readonly watch: Pick<ExecutionWatch, 'inspect' | 'endOf' | 'openOn'>;
  readonly terminator: Terminator;
  readonly openRuns: Pick<OpenRuns, 'nextEpoch' | 'find'>;
  readonly table: Pick<RunTable, 'write'>;
  readonly clock: Clock;
  readonly hostId: HostId;
  readonly uid: number;
  readonly temporalNamespaceId: string;
  /** The box of this process; finding out what it can do takes a moment. */
  readonly box: () => Promise<Box>;
}

/** Paths and what stands on them. Looking changes nothing. */
export interface PathLocks {
  /**
   * Every path on which anything of a run stands, as far as it can be seen from here.
   * @throws RunError `TEMPORAL_UNREACHABLE` · `DATABASE_UNREACHABLE`, as all of these
   */
  list(): Promise<readonly PathFacts[]>;
  /** One path of this machine and user, also when it is free. @param workingPath resolved */
  of(workingPath: string): Promise<PathFacts>;
  /** The path that a run was admitted to; null: nothing is known of the run. */
  ofRun(runId: string): Promise<PathFacts | null>;
  /**
   * Ends a run by force: its execution is terminated, its box closed, its row written.
   * @throws RunError `PATH_STILL_OCCUPIED` naming what would not die; its row is as it was
   */
  release(facts: PathFacts, request: ReleaseRequest): Promise<Release>;
}

export function makePathLocks(ports: PathLocksPorts): PathLocks {
  const gathering: GatherPorts = ports;
  return {
    list: () => gatherPaths(gathering, null),
    of: (workingPath) => pathOf(gathering, workingPath),
    ofRun: async (runId) => {
      const paths = await gatherPaths(gathering, runId);
      return paths.find((facts) => isAbout(facts, runId)) ?? null;
    },
    release: (facts, request) => releaseRun(ports, facts, request),
  };
}
