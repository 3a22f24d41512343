import type { SubrunNode } from '../definition/definition.js';
import { evolveSubruns, type SubrunEvent } from './evolve-subruns.js';
import { NO_SUBRUNS, openChildren, type Asked, type Subruns } from './subruns.js';

/** A node at work on its sub-runs. */
export interface DelegatingState {
  readonly status: 'delegating';
  readonly subruns: Subruns;
  readonly begunAt: string;
}

export function delegatingFrom(what: Asked, at: string): DelegatingState {
  return { status: 'delegating', subruns: { ...NO_SUBRUNS, asked: what }, begunAt: at };
}

/** The very state that went in comes back for an event that does not fit it. */
export function delegatingAfter(
  node: SubrunNode,
  before: DelegatingState,
  event: SubrunEvent,
): DelegatingState {
  const subruns = evolveSubruns(node, before.subruns, event);
  return subruns === before.subruns ? before : { ...before, subruns };
}

/** Nothing of it is open: neither a sub-run nor a question to the host. */
export function isIdle({ subruns }: DelegatingState): boolean {
  return subruns.asked === null && openChildren(subruns).length === 0;
}
