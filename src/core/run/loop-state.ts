import type { NodeState, RunState } from './run-state.js';

/** A loop group at work: one run of its body after the other. */
export interface LoopingState {
  readonly status: 'looping';
  /** From 1. */
  readonly iteration: number;
  readonly phase: LoopPhase;
  /** The body of this iteration: a run of its own inside the run. */
  readonly body: RunState;
  /** The body's nodes as the iteration before left them; empty in the first. */
  readonly previous: readonly NodeState[];
  /** What a person wrote at the gate before this iteration; empty: nothing. */
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
