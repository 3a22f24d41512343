import type { QueueAction, QueueState } from './queue-state.js';

/**
 * What a queue does next. Pure and total.
 * Q1: an offer goes to the first, while nobody else has one. Q2: a queue closes only when nobody waits and
 * nobody has to be told anything.
 */
export function decideQueue({ entries, phase, refusals }: QueueState): QueueAction {
  const [refused] = refusals;
  if (refused !== undefined) return { kind: 'tellRefusal', ...refused };
  const [first] = entries;
  if (first === undefined) return { kind: 'close' };
  switch (phase.kind) {
    case 'blocked':
      return { kind: 'watch' };
    case 'free':
      return { kind: 'offer', runId: first.runId };
    case 'offered':
      return { kind: 'awaitAnswer', runId: phase.runId };
  }
}
