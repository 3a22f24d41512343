import type { TextValue } from '../core/run/task.js';

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
}

/**
 * The environment that a client left for a run's nodes (0600, owned by the same user). It never enters
 * Temporal's history.
 */
export interface EnvironmentStore {
  save(runId: string, environment: Readonly<Record<string, string>>): Promise<void>;
  /** @throws RunError `ENVIRONMENT_UNREADABLE` when the file is not ours alone, a link, or damaged; null when there is none */
  load(runId: string): Promise<Readonly<Record<string, string>> | null>;
  remove(runId: string): Promise<void>;
}

/** Outputs of nodes that are too large to travel. */
export interface OutputStore {
  /** Puts an inline text into a file under the run's artifacts; one that is in a file already stays. */
  store(artifactsDir: string, text: TextValue): Promise<TextValue>;
}
