import type { TakenOver } from '../core/lease/taken-over.js';

/** Who a box belongs to. Written into the owner record, and into every process as its marker. */
export interface BoxOwner {
  readonly runId: string;
  readonly workingPath: string;
  readonly pathKey: string;
  readonly temporalWorkflowId: string;
  readonly temporalAddress: string;
  /** UUID of the Temporal namespace: names repeat. */
  readonly temporalNamespaceId: string;
  /** Names the execution generation (`docs/contract.md`, fence token). */
  readonly fenceToken: string;
}

/** The box of which generation of a run is meant. */
export interface BoxGeneration {
  readonly runId: string;
  /** Absent: of whichever has it. */
  readonly fenceToken?: string;
}

/** Who has a run's box closed. Without a token it is nobody's whose the box could be. */
export interface BoxCloser extends BoxGeneration {
  readonly temporalWorkflowId: string;
  /** The execution of that ID that asks; absent: none, the run is over. */
  readonly temporalRunId?: string;
}

/** 1 PID namespace as root · 2 in a user namespace · 3 process groups and marker search · 4 groups only. */
export type ContainmentLevel = 1 | 2 | 3 | 4;

/** A command to run inside a run's box. */
export interface BoxTask extends BoxGeneration {
  /** Marks the processes of this attempt. `<name>/<attempt>` stands below a name, and ends with it. */
  readonly attemptId: string;
  /** Absolute program and its arguments. */
  readonly argv: readonly [string, ...string[]];
  readonly workingPath: string;
  /** The whole environment; the box adds `SIGNALBOX_RUN_ID` and `SIGNALBOX_ATTEMPT`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Files that take the output; created 0600, truncated. */
  readonly stdoutPath: string;
  readonly stderrPath: string;
}

/** How the command's own process ended; its children may live on in the box. */
export interface BoxExit {
  readonly exitCode: number | null;
  /** `SIGTERM`, when a signal ended it. */
  readonly signal: string | null;
}

export interface ProcessInfo {
  readonly pid: number;
  readonly user: string;
  readonly command: string;
}

/** Whether anything of a run still lives on this host. */
export interface BoxProof {
  readonly isEmpty: boolean;
  readonly processes: readonly ProcessInfo[];
}

/**
 * Where all processes of a run live (`design.md` §6).
 * absent → `ensureOpen` → open → `close` → absent; `enter` and `stopAttempt` only while open.
 * No process of a run starts outside its box; a box is gone when `close` has returned.
 */
export interface Box {
  readonly level: ContainmentLevel;
  /**
   * Opens the run's box, or finds it open. What an earlier owner has left in the working path is ended first.
   * @param temporalRunId the execution of the owner's workflow ID on whose behalf it is opened
   * @returns from whom of another Temporal the path was taken over, who is dead and has not closed; null: from nobody
   * @throws RunError `FENCED` that execution is not the current one · `LEASE_HELD` somebody else works there ·
   *   `PATH_STILL_OCCUPIED` · `TEMPORAL_UNREACHABLE` · `CONTAINMENT_TOO_WEAK`
   */
  ensureOpen(owner: BoxOwner, temporalRunId: string): Promise<TakenOver | null>;
  /**
   * Runs a command; settles when its own process has ended, whatever its children hold open.
   * @param onStarted told once, when the process exists
   * @throws RunError `NODE_UNSTARTABLE` the program cannot be started · `NODE_INTERRUPTED` the box has been
   *   ended from outside, or belongs to another generation by now
   */
  enter(task: BoxTask, onStarted?: (pid: number) => void): Promise<BoxExit>;
  /**
   * Ends every process of an attempt, or of all attempts below a name: SIGTERM, `graceMs`, SIGKILL; settles when
   * they are gone. Does nothing when the box belongs to another generation by now.
   * @param spared a name below that one of which nothing is ended
   * @throws RunError `PATH_STILL_OCCUPIED` naming what would not die
   */
  stopAttempt(generation: BoxGeneration, attemptId: string, graceMs: number, spared?: string): Promise<void>;
  /**
   * Ends every process of the run in the same way, and the box with them. A box that is absent is closed.
   * A box of another generation goes too when the closer is the current execution of its ID: then it is an
   * older one's. Otherwise the closer is late, and nothing is changed.
   * @returns `superseded`: a later generation of the run has the box, which stays as it is
   * @throws RunError `PATH_STILL_OCCUPIED` · `TEMPORAL_UNREACHABLE` whose turn it is cannot be found out
   */
  close(closer: BoxCloser, graceMs: number): Promise<'closed' | 'superseded'>;
  /** Looks for processes of the run. */
  prove(runId: string): Promise<BoxProof>;
  /**
   * Owners of this user's boxes on this host that are not known to be closed: those that are open here, and
   * what workers left behind. What belongs to the same run appears once for each execution generation.
   */
  list(): Promise<readonly BoxOwner[]>;
  /**
   * Closes the box of an owner whose run is over, whoever opened it. Does nothing when it is closed, or when
   * its path has another owner by now (another run, or another fence token).
   * @throws RunError `PATH_STILL_OCCUPIED` naming what would not die
   */
  evict(owner: BoxOwner, graceMs: number): Promise<void>;
}
