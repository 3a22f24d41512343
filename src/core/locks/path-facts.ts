import type { Trouble } from '../reconcile/trouble.js';

/** A process as people are told of it. */
export interface LivingProcess {
  readonly pid: number;
  readonly user: string;
  readonly command: string;
}

/** The current (open or last) execution under a path's ID. */
export interface PathExecution {
  /** The run that it is an execution of; null: signalbox did not start it. */
  readonly runId: string | null;
  readonly temporalRunId: string;
  readonly isOpen: boolean;
  /** `RUNNING`, `TERMINATED` … */
  readonly statusName: string;
  /** What hinders it. */
  readonly troubles: readonly Trouble[];
}

/** The row of a run that was admitted to the path. */
export interface PathRow {
  readonly runId: string;
  readonly workflow: string;
  readonly status: string;
  /** ISO-8601 UTC. */
  readonly startedAt: string;
  /** It runs as this user; another's processes can be neither seen nor ended. */
  readonly isOwn: boolean;
}

/** A box that stands, or that nobody has marked as closed. */
export interface PathBox {
  readonly runId: string;
  /** False: another Temporal's, which this one cannot judge. */
  readonly isOfThisTemporal: boolean;
  /** Null: not known. */
  readonly temporalAddress: string | null;
  /** Null: not known. */
  readonly workingPath: string | null;
  /** It stands under the ID of another path, on the same directory: one may have several names. */
  readonly isUnderOtherName: boolean;
  readonly level: number;
  /** When it was opened; null: no owner record of this user tells. */
  readonly since: string | null;
  /** Its INIT, while that lives: then the directory is locked. */
  readonly init: LivingProcess | null;
  /** What lives of its run, INIT apart. */
  readonly processes: readonly LivingProcess[];
}

/** Living processes of a run that has no box. */
export interface StrayProcesses {
  readonly runId: string;
  readonly processes: readonly LivingProcess[];
}

/** All that is known of one path, layer by layer. */
export interface PathFacts {
  /** The lease: what Temporal admits one open execution under. */
  readonly temporalWorkflowId: string;
  /** Null: nobody who knows it can be asked. */
  readonly workingPath: string | null;
  readonly hostId: string;
  readonly uid: number;
  /** Whose path it is, seen from this process. Processes are seen on this machine alone. */
  readonly place: 'here' | 'otherUser' | 'otherHost';
  readonly worker: {
    readonly isHeard: boolean;
    /** ISO-8601 UTC; null: it was never heard of. */
    readonly lastSeen: string | null;
  };
  readonly execution: PathExecution | null;
  readonly rows: readonly PathRow[];
  readonly boxes: readonly PathBox[];
  readonly strays: readonly StrayProcesses[];
}

const OPEN_STATUSES: readonly string[] = ['pending', 'running', 'paused'];

/** Whether a row says that its run is not over. */
export function isOpenRow({ status }: PathRow): boolean {
  return OPEN_STATUSES.includes(status);
}

/** The open execution; null: the path has no lease. */
export function leaseOf({ execution }: PathFacts): PathExecution | null {
  return execution?.isOpen === true ? execution : null;
}

/** Runs of which anything is left: the one that holds the path first. */
export function runsOn(facts: PathFacts): readonly string[] {
  const holder = leaseOf(facts)?.runId;
  const boxes = facts.boxes.filter(({ isUnderOtherName }) => !isUnderOtherName);
  const others = [...boxes, ...facts.rows.filter(isOpenRow), ...facts.strays];
  return [...new Set([...(holder ? [holder] : []), ...others.map(({ runId }) => runId)])];
}
