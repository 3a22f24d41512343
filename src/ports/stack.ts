/** Where the two servers are that everything else talks to. The database's URL carries its password. */
export interface StackEndpoints {
  readonly temporal: {
    /** `host:port` of the gRPC frontend. */
    readonly address: string;
    readonly namespace: string;
    /** The Web UI's root; null where the Temporal is someone else's. */
    readonly uiUrl: string | null;
    /** Whether it is the local stack's own. */
    readonly embedded: boolean;
  };
  readonly database: { readonly url: string; readonly embedded: boolean };
}

export type StackPartName = 'supervisor' | 'postgres' | 'temporal' | 'worker';

/**
 * `orphaned`: it lives, but the supervisor that started it does not; the next `ensure`, `up` or `down` clears it.
 * `restarting`: it died, and the supervisor waits before it tries again.
 */
export type StackPartState = 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped' | 'orphaned';

export interface StackPart {
  readonly name: StackPartName;
  readonly state: StackPartState;
  /** Of the living process; null when there is none. */
  readonly pid: number | null;
  /** `host:port`; null for parts that listen nowhere. */
  readonly address: string | null;
  /** When it entered this state, ISO-8601 UTC. */
  readonly since: string | null;
  /** How often it was started again since the stack came up. */
  readonly restarts: number;
  /** How it last ended, or why it is not running; empty when there is nothing to tell. */
  readonly detail: string;
}

/** Takes one line that tells a waiting person what is being done. */
export type Progress = (line: string) => void;

/** The servers and the worker of this machine and user, as far as they are not someone else's. */
export interface Stack {
  /**
   * The endpoints; brings the stack up first where it is down or half dead. When it is up this costs one file
   * read and one liveness check.
   * @throws RunError `STACK_…`
   */
  ensure(progress: Progress): Promise<StackEndpoints>;
  /** Like `ensure`; a stack that another version of the program started is taken down first. */
  up(progress: Progress): Promise<StackEndpoints>;
  /** Ends every process of the stack, leftovers included, and returns when they are gone. Data stays. */
  down(progress: Progress): Promise<void>;
  /** The embedded parts as they are now; empty when the stack has never been up here. Never starts anything. */
  ps(): Promise<readonly StackPart[]>;
  /** What the living stack listens on; null when it is down. Never starts anything. */
  endpoints(): Promise<StackEndpoints | null>;
}
