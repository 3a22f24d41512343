import type { WorkflowDefinition } from '../definition/definition.js';
import { excerptOf } from '../run/excerpt.js';
import { isRejected } from '../run/outcome.js';
import type { RunOutcome } from '../run/run-state.js';

/** They stand in the parent's history and in its node's output. */
const WORDS_CHARACTERS = 2_000;

/** Who has ended a sub-run, where, and why, as its parent says it; null: nobody has. */
export function wordsForParent(definition: WorkflowDefinition, outcome: RunOutcome): string | null {
  if (outcome.status !== 'cancelled') return null;
  const { by, reason, nodeId } = outcome.cancellation;
  const words = [
    isRejected(definition, outcome) ? 'rejected' : nodeId === null ? 'cancelled' : 'ended',
    ...(by === null ? [] : [`by ${by}`]),
    ...(nodeId === null ? [] : [`at ${nodeId}`]),
  ].join(' ');
  return excerptOf(reason === null ? words : `${words}: ${reason}`, WORDS_CHARACTERS);
}
