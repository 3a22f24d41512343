import type { Catalogue } from '../client/discover.js';
import type { WorktreeTidy } from '../client/isolation/tidy-worktrees.js';
import type { PathLocks } from '../client/locks/path-locks.js';
import type { Orchestrator } from '../client/orchestrator.js';
import type { JsonObject } from '../core/json.js';
import type { Clock } from '../ports/clock.js';
import type { Stack } from '../ports/stack.js';

/** Where text goes. */
export interface TextSink {
  write(text: string): void;
  /** The reader has gone away: what is written is lost, and harmless. */
  readonly isClosed: boolean;
}

/** Signals that ask this process to stop. */
export type Interrupt = 'SIGINT' | 'SIGTERM';

export interface Terminal {
  /** A person sits there who can be asked. */
  readonly isInteractive: boolean;
  /**
   * One line typed by a person, without its end; null: no more input.
   * @throws the signal's reason
   */
  ask(question: string, signal: AbortSignal): Promise<string | null>;
  /** Tells of each interrupt until the returned function is called; meanwhile they don't end the process. */
  onInterrupt(listener: (interrupt: Interrupt) => void): () => void;
}

/** One thing that `doctor` looked at. */
export interface Finding {
  readonly name: string;
  readonly verdict: 'ok' | 'warn' | 'fail';
  /** What was found, as a phrase. */
  readonly text: string;
  /** What to do, when something is. */
  readonly advice: string | null;
}

/** What commands reach the world through. Nothing is loaded, connected or brought up before it is asked for. */
export interface CliServices {
  /**
   * Workflows seen from a directory. Touches no server.
   * @throws RunError `WORKING_PATH_INVALID`
   */
  catalogue(place: Place): Promise<Catalogue>;
  /** The directory that runs started from `place` would act on. @throws RunError `WORKING_PATH_INVALID` */
  workingPath(place: Place): Promise<string>;
  /**
   * Brings the local stack up where it is needed, and connects.
   * @throws RunError `TEMPORAL_UNREACHABLE` · `DATABASE_UNREACHABLE` · `STACK_…` · `HOST_ID_INVALID`
   */
  orchestrator(): Promise<Orchestrator>;
  /** Connects as `orchestrator` does. @throws the same */
  locks(): Promise<PathLocks>;
  /** Connects as `orchestrator` does. @throws the same · `WORKTREE_FAILED` there is no git */
  worktrees(): Promise<WorktreeTidy>;
  /** Main checkout of the repository that a directory is in; null: it is in none. @throws RunError `WORKING_PATH_INVALID` */
  repository(place: Place): Promise<string | null>;
  stack(): Promise<Stack>;
  /** What `setup` did, a sentence each. */
  setup(): Promise<readonly string[]>;
  /** Runs in order, each told as soon as it is known. */
  examine(onFinding: (finding: Finding) => void): Promise<void>;
  /** Serves runs of this machine and user until a signal ends it. */
  runWorker(): Promise<void>;
  /** Body of the detached process that keeps the local stack alive. */
  superviseStack(): Promise<void>;
}

/** Where a command was called. */
export interface Place {
  readonly directory: string;
  /** Take the directory as it is, whatever repository it lies in. */
  readonly isFolder: boolean;
}

/** What the composition root knows about the caller and its surroundings. */
export interface Caller {
  /** `me@laptop`. */
  readonly name: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly graceMs: number;
  readonly heartbeatTimeoutMs: number;
  /** Of this program: `0.1.0`. */
  readonly version: string;
  /** What starts a worker here: `signalbox up`, or `signalbox worker` beside services of one's own. */
  readonly workerCommand: string;
}

/** All that a command may touch. */
export interface CliContext {
  readonly services: CliServices;
  readonly out: TextSink;
  readonly err: TextSink;
  readonly terminal: Terminal;
  readonly caller: Caller;
  readonly clock: Clock;
  newUuid(): string;
  /** @throws the signal's reason */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
  readonly isJson: boolean;
}

/** What a command ends with. The frame prints `json` or the texts, never both. */
export interface CommandResult {
  readonly exitCode: number;
  /** The one object of `--json`; the frame adds `ok`. */
  readonly json: JsonObject;
  /** For people, on stdout; without its last line end. Empty: nothing. */
  readonly text: string;
  /** For people, on stderr. */
  readonly errorText?: string;
}

/** A command with its arguments, ready to be run. */
export type Command = (context: CliContext) => Promise<CommandResult>;
