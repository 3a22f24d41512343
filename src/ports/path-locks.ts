import type { JsonObject } from '../core/json.js';
import type { BoxOwner, ProcessInfo } from './box.js';
import type { ExecutionName } from './executions.js';

/** A box that stands on this machine, or that a record of this user has as open. */
export interface SeenBox {
  readonly runId: string;
  readonly temporalWorkflowId: string;
  readonly temporalNamespaceId: string;
  /** `device:inode` of what it locks. */
  readonly lockedPlace: string;
  readonly level: number;
  /** As the owner record tells; null: this user has none of it, or not yet. */
  readonly record: (BoxOwner & { readonly since: string }) | null;
  /** Its INIT, while that lives: then the place is locked. */
  readonly init: ProcessInfo | null;
  /** What lives of its run as far as this user can see, INIT apart. */
  readonly processes: readonly ProcessInfo[];
}

export interface SeenBoxes {
  readonly boxes: readonly SeenBox[];
  /** Living processes of runs that have no box here, by run id. */
  readonly strays: ReadonlyMap<string, readonly ProcessInfo[]>;
}

/** Boxes of this machine, whoever opened them, seen from outside. */
export interface BoxSight {
  look(): Promise<SeenBoxes>;
  /** `device:inode` of a directory; null: there is none. */
  placeOf(path: string): string | null;
  /**
   * Ends what stands for a run without a record: known by its INIT's command line alone.
   * @throws RunError `PATH_STILL_OCCUPIED` it does not go, or is another user's
   */
  endUnrecorded(runId: string, temporalNamespaceId: string): Promise<void>;
}

/** The row of a run, with what tells whose path it was admitted to. */
export interface LockRow {
  readonly runId: string;
  readonly workflow: string;
  /** Of its row; of one that was deleted, as the mirror last wrote it. */
  readonly status: string;
  readonly workingPath: string;
  /** ISO-8601 UTC. */
  readonly startedAt: string;
  readonly hostId: string;
  readonly uid: number;
  readonly temporalWorkflowId: string;
  readonly metadata: JsonObject;
}

/** A worker that has served runs of one Temporal namespace. */
export interface SeenWorker {
  readonly hostId: string;
  readonly uid: number;
  /** ISO-8601 UTC. */
  readonly lastSeen: string;
  readonly isHeard: boolean;
}

/** What the tables say of paths. */
export interface LockRows {
  /** Runs that are not over, of every machine. @throws RunError `DATABASE_UNREACHABLE`, as all of these */
  open(temporalNamespaceId: string): Promise<readonly LockRow[]>;
  /** These runs, whatever has become of them. */
  of(temporalNamespaceId: string, runIds: readonly string[]): Promise<readonly LockRow[]>;
  workers(temporalNamespaceId: string): Promise<readonly SeenWorker[]>;
}

/** What only an operator does to executions. */
export interface Terminator {
  /** One that has closed already stays as it is. @throws RunError `TEMPORAL_UNREACHABLE` */
  terminate(execution: ExecutionName, reason: string): Promise<void>;
}
