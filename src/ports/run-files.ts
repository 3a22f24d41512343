import type { RunId } from '../core/ids.js';
import type { TextValue } from '../core/run/task.js';
import type { CapturedSource } from '../core/source/source-manifest.js';

/** Directories of a run on its host, absolute. */
export interface RunDirectories {
  readonly outputRoot: string;
  readonly artifactsDir: string;
  readonly stateDir: string;
  readonly logDir: string;
}

/** Files that runs leave on their host. */
export interface RunFiles {
  /** Makes (0700) and names the directories of a run. */
  prepare(workingPath: string, runId: string): Promise<RunDirectories>;
  /** Looks for the file that a workflow may ask for as evidence; where it is or should be. */
  findEvidence(artifactsDir: string): Promise<{ readonly isPresent: boolean; readonly path: string }>;
}

/**
 * The environment that a client left for a run's nodes (0600, owned by the same user). It never enters
 * Temporal's history.
 */
export interface EnvironmentStore {
  /** @throws RunError `ENVIRONMENT_UNWRITABLE` */
  save(runId: string, environment: Readonly<Record<string, string>>, owner: EnvironmentOwner): Promise<void>;
  /**
   * @throws RunError `ENVIRONMENT_UNREADABLE` when the file is not ours alone, a link, or damaged; null when there
   * is none
   */
  load(runId: string): Promise<Readonly<Record<string, string>> | null>;
  remove(runId: string): Promise<void>;
  /**
   * Leaves the environment of a resume beside that of its run, which others may be resuming just now: it becomes
   * the run's once it has proved to be the one. One that never does is swept up.
   */
  offer(
    resume: ResumeName,
    environment: Readonly<Record<string, string>>,
    owner: EnvironmentOwner,
  ): Promise<void>;
  /** Makes what a resume has offered the environment of its run; again changes nothing. */
  adopt(resume: ResumeName): Promise<void>;
  withdraw(resume: ResumeName): Promise<void>;
}

/** One of several resumes of a run. */
export interface ResumeName {
  readonly runId: string;
  readonly startToken: string;
}

/** The execution that an environment is meant for, once it is there. */
export interface EnvironmentOwner {
  /** A home may serve several Temporals. Empty: the client could not find it out. */
  readonly temporalNamespaceId: string;
  readonly temporalWorkflowId: string;
  /** The worker's own variables come below these. */
  readonly isOverWorkers?: true;
}

/** An environment as it lies there. */
export interface LeftEnvironment {
  readonly runId: RunId;
  readonly owner: EnvironmentOwner;
  readonly savedAt: Date;
}

/** What sweeping asks of the place where environments lie: a run that never began removes none. */
export interface LeftEnvironments {
  /** Those that can be read. */
  list(): Promise<readonly LeftEnvironment[]>;
  /** Removes what clients began to save, and died; a day later also what resumes offered that no worker has opened. */
  removeDrafts(before: Date): Promise<void>;
  remove(runId: string): Promise<void>;
}

/** Outputs of nodes that are too large to travel. */
export interface OutputStore {
  /** Puts an inline text into a file under the run's artifacts; one that is in a file already stays. */
  store(artifactsDir: string, text: TextValue): Promise<TextValue>;
}

/** The files that a run was started with: scripts that its nodes name, and what lies beside them. */
export interface SourceFiles {
  /**
   * Puts them below the run's artifacts, read-only, or finds that they lie there unchanged.
   * @throws RunError `SOURCE_ALTERED` they lie there and are not what the run was started with · `TEXT_NOT_STORED` ·
   *   `DATABASE_UNREACHABLE`
   */
  lay(artifactsDir: string, source: CapturedSource): Promise<void>;
}
