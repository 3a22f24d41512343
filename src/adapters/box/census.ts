import type { Survivor } from './end-processes.js';

/** A command that a box started: leader of a session and a process group of its own. */
export interface StartedCommand {
  readonly attemptId: string;
  readonly pid: number;
  /** Null where the system doesn't tell. */
  readonly startTicks: number | null;
  /** Null while it lives. */
  endedTicks: number | null;
  /** It stands outside of the walls, and waits for the command that it lets in. */
  readonly isDoor: boolean;
  /** The command has been seen inside. */
  hasEntered: boolean;
}

/** The PID namespace of a box. */
export interface WalledPlace {
  readonly namespace: string;
  readonly initPid: number;
}

/** Whose processes are looked for. */
export interface Target {
  readonly runId: string;
  /** Null: all of the run. */
  readonly attemptId: string | null;
  /** A name below `attemptId` that does not belong to the target. */
  readonly spared?: string | undefined;
  /** Those of the target that this box started. */
  readonly commands: readonly StartedCommand[];
  /** Whether `commands` are all: then nothing of the target is older than they are. */
  readonly isComplete: boolean;
  /** Where all of the run live; null: a box without walls, or one that is not open here. */
  readonly walls: WalledPlace | null;
}

/** Finds processes. How well depends on what the system shows. */
export interface Census {
  find(target: Target): Promise<readonly Survivor[]>;
  /** Ids of the runs of which processes live. */
  runIds(): Promise<ReadonlySet<string>>;
  /** Now, in the unit of `startTicks`. */
  ticksNow(): number | null;
}
