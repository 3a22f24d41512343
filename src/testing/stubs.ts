import { failedWith, playValue, type Played, type StubValue } from '../core/dry-run/stub-value.js';
import { RunError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { nearestName } from '../core/nearest-name.js';

/** The conversation that a turn of an agent belongs to. */
export interface AgentSession {
  readonly id: string;
  /** The one that it goes on with: the same, or another of which it is a copy (`context: {resume: …}`); null: none. */
  readonly from: string | null;
}

/** One attempt of a node, as the worker would have been asked for it. */
export interface NodeCall {
  /** `group.node` for one in the body of a loop group; `gate:on_reject` for what mends what was rejected there. */
  readonly nodeId: string;
  /** From 1; more than 1 when the node is tried again. */
  readonly attempt: number;
  /** Of the loop around it, from 1; of a `loop` which turn it is. Null: there is none. */
  readonly iteration: number | null;
  /** The text that would run, references and variables filled in; of a script in a file its name, of an agent its prompt. */
  readonly script: string;
  /** What an agent is told, everything filled in; null: it is no agent. */
  readonly prompt: string | null;
  /** Of an agent: `provider`, `model`, tools and the rest, as the file has them, texts filled in. */
  readonly settings: JsonObject;
  /** Of an agent; null: it is none. */
  readonly session: AgentSession | null;
  /** What a person wrote at the gate before this iteration (`$LOOP_USER_INPUT`); empty: nothing. */
  readonly userInput: string;
  /** Of a turn in a `loop`: what the one before gave out (`$LOOP_PREV_OUTPUT`); empty: it is the first. */
  readonly previousOutput: string;
  /** Of a turn that mends what was rejected: why it was (`$REJECTION_REASON`). Else empty. */
  readonly rejectionReason: string;
  /**
   * What the language puts into the node's environment (`ARGUMENTS`, `INPUTS_…`, `ARTIFACTS_DIR` …), laid over the
   * test's own.
   */
  readonly environment: Readonly<Record<string, string>>;
  /** Aborts when the run is being cancelled. */
  readonly signal: AbortSignal;
}

/** What a node comes to: a `StubValue`, an `Error` for a failure, nothing for an empty output. */
export type StubResult = StubValue | Error | undefined;

/**
 * What stands in for the work of a node: its result, or a function that is called for every attempt. A function
 * that throws makes the attempt fail with what it throws.
 */
export type Stub = Exclude<StubResult, undefined> | StubFunction | typeof untilStopped;
export type StubFunction = (call: NodeCall) => StubResult | Promise<StubResult>;

/** A node that works until it is stopped: by a cancellation of the run, or by its own timeout. */
export const untilStopped: unique symbol = Symbol('until stopped');

/** @throws RunError `USAGE` the result is none: a function, a symbol, something that is no JSON */
export async function playStub(stub: Exclude<Stub, typeof untilStopped>, call: NodeCall): Promise<Played> {
  if (typeof stub !== 'function') return playedAs(stub, call.nodeId);
  let result: StubResult;
  try {
    result = await stub(call);
  } catch (error) {
    return failedWith(error instanceof Error ? error.message : String(error));
  }
  return playedAs(result, call.nodeId);
}

function playedAs(result: StubResult, nodeId: string): Played {
  if (result === undefined) return playValue('');
  if (result instanceof Error) return failedWith(result.message);
  if (isJson(result)) return playValue(result);
  throw new RunError(
    'USAGE',
    `the stub of node '${nodeId}' gives a ${typeof result}; give a text, JSON, { fail: '…' } or an Error`,
  );
}

/** Types do not hold in JavaScript. */
function isJson(value: unknown): boolean {
  return typeof JSON.stringify(value) === 'string';
}

/**
 * Stubs have to be of nodes that are there and are work: a misspelt one would stand in for nothing.
 * @param kinds of every node, by the names that it may have (`knownNodes`)
 * @throws RunError `USAGE` with every fault
 */
export function checkStubs(nodes: Readonly<Record<string, Stub>>, kinds: ReadonlyMap<string, string>): void {
  const faults = Object.keys(nodes).flatMap((id) => {
    const kind = kinds.get(id);
    if (kind === 'approval') return [`'${id}' is a gate: no stub, but run.decide('${id}', …) answers it`];
    if (kind === 'cancel') return [`'${id}' is a cancel node, which does nothing that a stub could do`];
    if (kind !== undefined) return [];
    const nearest = nearestName(id, [...kinds.keys()]);
    return [`there is no node '${id}'${nearest === null ? '' : `; did you mean '${nearest}'?`}`];
  });
  if (faults.length > 0)
    throw new RunError('USAGE', `the stubs do not fit: ${faults.join('; ')}`, { faults });
}
