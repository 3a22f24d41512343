import type { WorkflowDefinition } from '../src/core/definition/definition.js';
import { evolve } from '../src/core/run/evolve.js';
import type { RunEvent, RunState } from '../src/core/run/run-state.js';

/** ISO-8601 UTC, by Temporal's clock. */
export const now = (): string => new Date().toISOString();

/** The state of a run while its execution lives. Only `apply` changes it. */
export class LiveRun {
  #state: RunState;
  #version = 0;

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

  /** Grows with every event that changed something. */
  get version(): number {
    return this.#version;
  }

  /** @returns false when the event came too late to change anything */
  apply(event: RunEvent): boolean {
    const before = this.#state;
    this.#state = evolve(this.definition, before, event);
    if (this.#state === before) return false;
    this.#version += 1;
    this.onEvent(event, this.#state);
    return true;
  }

  /** Puts outputs into files in place of their texts; nothing has happened, so nothing is told. */
  replaceState(state: RunState): void {
    this.#state = state;
  }
}
