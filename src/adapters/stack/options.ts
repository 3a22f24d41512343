import type { StackEndpoints } from '../../ports/stack.js';

/** Where an executable may come from; all optional but the home and the environment that holds PATH. */
export interface ProgramOptions {
  /** Absolute; programs that had to be fetched or built are kept in its `cache`. */
  readonly home: string;
  readonly environment: Environment;
  /** The Temporal command line that a person chose. */
  readonly temporalCli?: string | undefined;
  /** The time-skipping test server that a person chose. */
  readonly testServer?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface StackOptions extends ProgramOptions {
  /** Version of this program: `up` replaces a stack that another version started. */
  readonly version?: string | undefined;
  /** Someone else's Temporal, `host:port`; absent: ours is embedded. */
  readonly temporalAddress?: string | undefined;
  readonly temporalNamespace: string;
  /** Someone else's PostgreSQL; absent: ours is embedded. */
  readonly databaseUrl?: string | undefined;
  /** Starts a process that calls `runSupervisor` with these same options. */
  readonly supervisorCommand: readonly string[];
  /** A Node program that sends `{kind: 'ready'}` over its IPC channel once it polls. */
  readonly workerCommand: readonly string[];
  /** Registered when the embedded Temporal starts. */
  readonly searchAttributes: Readonly<Record<string, 'Keyword'>>;
}

export interface SupervisorOptions extends StackOptions {
  /** Makes the servers ready for the worker (tables, for instance); called at every start, so idempotent. */
  readonly prepare: (endpoints: StackEndpoints) => Promise<void>;
}
