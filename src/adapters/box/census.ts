import type { Survivor } from './end-processes.js';

/** A command that a box started: leader of a session and a process group of its own. */
export interface StartedCommand {
  readonly attemptId: string;
  readonly pid: number;
  /** Null where the system doesn't tell. */
  readonly startTicks: number | null;
  /** Null while it lives. */
  endedTicks: number | null;
}

/** Whose processes are looked for. */
export interface Target {
  readonly runId: string;
  /** Null: all of the run. */
  readonly attemptId: string | null;
  /** Those of the target that this box started. */
  readonly commands: readonly StartedCommand[];
  /** Whether `commands` are all: then nothing of the target is older than they are. */
  readonly isComplete: boolean;
}

/** Finds processes. How well depends on what the system shows. */
export interface Census {
  find(target: Target): Promise<readonly Survivor[]>;
  /** Ids of the runs of which processes live. */
  runIds(): Promise<ReadonlySet<string>>;
  /** Now, in the unit of `startTicks`. */
  ticksNow(): number | null;
}
