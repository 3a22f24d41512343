import type { NodeState, RunState } from './run-state.js';

/**
 * A loop at work: one run of its body after the other; of a `loop` its body is one turn of the agent. Or a gate that
 * was rejected, whose body mends that.
 */
export interface LoopingState {
  readonly status: 'looping';
  /** From 1. Of a gate: how often it was rejected. */
  readonly iteration: number;
  readonly phase: LoopPhase;
  /** The body of this iteration: a run of its own inside the run. */
  readonly body: RunState;
  /** The body's nodes as the iteration before left them; empty in the first. */
  readonly previous: readonly NodeState[];
  /** What a person wrote at the gate before this iteration; empty: nothing. Of a gate: why it was rejected. */
  readonly userInput: string;
  readonly begunAt: string;
  readonly iterationBegunAt: string;
}

export type LoopPhase =
  /** The body goes on, or has ended and its end has not been looked at. */
  | { readonly kind: 'body' }
  /** The host finds out whether the loop is done. */
  | { readonly kind: 'checking' }
  /** A person is to be asked. */
  | { readonly kind: 'gate'; readonly isMet: boolean }
  | {
      readonly kind: 'asking';
      readonly isMet: boolean;
      readonly message: string;
      readonly openedAt: string;
    }
  /** Another iteration is due. */
  | { readonly kind: 'next'; readonly userInput: string };
