import type { StackEndpoints, StackPartName, StackPartState } from '../../ports/stack.js';
import { readIfThere, writePrivateFile } from './private-file.js';
import type { ProcessIdentity } from './process-identity.js';

/**
 * What is known of a stack, in one file (0600: the database's URL carries its password).
 * Written by the holder of the stack's lock alone; read by everybody.
 *
 * starting  a supervisor brings the parts up
 * up        the worker has reported ready; parts that die are started again, which leaves the phase
 * stopping  the supervisor ends the parts
 * down      no process is left
 * failed    the supervisor gave up and ended the parts; `failure` says why
 */
export interface StackState {
  readonly phase: 'starting' | 'up' | 'stopping' | 'down' | 'failed';
  /** FIFO of the supervisor's lock; the phase counts only while it is held, except for `down` and `failed`. */
  readonly lock: string;
  readonly supervisor: ProcessIdentity;
  readonly since: string;
  readonly version: string | null;
  readonly settings: StackSettings;
  /** Kept while the stack is down, so that it comes back where it was. */
  readonly ports: Readonly<Record<string, number>>;
  readonly parts: readonly PartRecord[];
  readonly endpoints: StackEndpoints | null;
  /** What was done since the supervisor began, one line each, for whoever waits. */
  readonly lines: readonly string[];
  readonly failure: { readonly code: string; readonly message: string; readonly details: object } | null;
}

/** What was asked for. A stack that was started for something else does not answer this request. */
export interface StackSettings {
  readonly temporalAddress: string | null;
  readonly temporalNamespace: string;
  readonly databaseUrl: string | null;
}

export interface PartRecord {
  readonly name: Exclude<StackPartName, 'supervisor'>;
  readonly state: Exclude<StackPartState, 'orphaned'>;
  /** Set before the process can do anything, cleared when it has ended. */
  readonly process: ProcessIdentity | null;
  readonly address: string | null;
  readonly since: string;
  readonly restarts: number;
  readonly detail: string;
}

/** The state on file; null when there is none, or none that can be read (power may fail during a write). */
export function readState(file: string): StackState | null {
  const text = readIfThere(file);
  if (text === null) return null;
  try {
    const { format, ...state } = JSON.parse(text) as StackState & { format: unknown };
    return format === FORMAT ? state : null;
  } catch {
    return null;
  }
}

const FORMAT = 1;

export function writeState(file: string, state: StackState): void {
  writePrivateFile(file, JSON.stringify({ format: FORMAT, ...state }, null, 1));
}
