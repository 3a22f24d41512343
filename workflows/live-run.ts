import type { WorkflowDefinition } from '../src/core/definition/definition.js';
import { RunError } from '../src/core/errors.js';
import type { NodeId } from '../src/core/ids.js';
import { evolve } from '../src/core/run/evolve.js';
import { levelAt, type Level } from '../src/core/run/level.js';
import type { Place } from '../src/core/run/place.js';
import type { Cancellation, NodeState, RunEvent, RunState } from '../src/core/run/run-state.js';
import { mustStopAttempts } from '../src/core/run/run-status.js';
import type { NodeFailure } from '../src/core/run/task.js';
import { Bell } from './bell.js';

/** ISO-8601 UTC, by Temporal's clock. */
export const now = (): string => new Date().toISOString();

/** The state of a run while its execution lives. Only events change it. */
export class LiveRun {
  #state: RunState;
  #version = 0;
  #isStopWanted = false;
  #fault: Error | null = null;
  /** Rings with everything that the loop must look at. */
  readonly changes = new Bell();

  constructor(
    readonly definition: WorkflowDefinition,
    initial: RunState,
    private readonly onEvent: (event: RunEvent, after: RunState) => void,
  ) {
    this.#state = initial;
  }

  get state(): RunState {
    return this.#state;
  }

  /** Grows with everything that the loop must look at. */
  get version(): number {
    return this.#version;
  }

  /** What broke in the run's own machinery; the loop ends the run with it. */
  get fault(): Error | null {
    return this.#fault;
  }

  get mustStopAttempts(): boolean {
    return this.#isStopWanted || mustStopAttempts(this.definition, this.#state);
  }

  /** @throws RunError `INTERNAL` that iteration is over, though something goes on in it */
  levelAt(place: Place): Level {
    const level = levelAt(this.definition, this.#state, place);
    if (level === null) throw new RunError('INTERNAL', 'an iteration is over in which something goes on');
    return level;
  }

  /** Undefined: that iteration is over. */
  statusAt(place: Place, nodeId: NodeId): NodeState['status'] | undefined {
    const state = levelAt(this.definition, this.#state, place)?.state;
    return state?.nodes[state.plan.positionOf.get(nodeId) ?? -1]?.status;
  }

  /** @returns false when the event came too late to change anything, or broke the run */
  apply(event: RunEvent): boolean {
    const before = this.#state;
    try {
      this.#state = evolve(this.definition, before, event);
      if (this.#state === before) return false;
      this.change();
      this.onEvent(event, this.#state);
      return true;
    } catch (error) {
      this.break(error);
      return false;
    }
  }

  /**
   * Somebody wants the run ended now, also when a `cancel` node that lets its siblings finish was first.
   * @returns whether this was the first cancellation
   */
  cancel(by: string | null, reason: string | null): boolean {
    this.#isStopWanted = true;
    this.change();
    const cancellation: Cancellation = { by, reason, nodeId: null };
    return this.apply({ type: 'cancelRequested', cancellation, at: now() });
  }

  /** The first fault counts. Errors must not escape to Temporal: the run would end without its one way out. */
  break(error: unknown): void {
    this.#fault ??= error instanceof Error ? error : new Error(String(error));
    this.change();
  }

  /** Ends a broken run, if need be past `evolve`, which may be what broke. */
  fail(failure: NodeFailure): void {
    this.apply({ type: 'runAborted', failure, at: now() });
    const outcome = { status: 'failed', failure } as const;
    this.#state = { ...this.#state, abort: failure, outcome };
    this.change();
    try {
      this.onEvent({ type: 'runFinished', outcome, at: now() }, this.#state);
    } catch (error) {
      this.break(error);
    }
  }

  /** Puts outputs into files in place of their texts; nothing has happened, so nothing is told. */
  replaceState(state: RunState): void {
    this.#state = state;
  }

  private change(): void {
    this.#version += 1;
    this.changes.ring();
  }
}
