import type { BodyLevel, Level } from './level.js';
import { gateMessage, verdictOf } from './loop-rules.js';
import type { Action } from './run-state.js';

/** What is due in a loop group at work, its body included. */
export function loopActions(
  level: BodyLevel,
  decideBody: (level: Level) => readonly Action[],
): readonly Action[] {
  const { group, loop } = level.within;
  const { phase, iteration } = loop;
  const at = { nodeId: group.id, iteration };
  switch (phase.kind) {
    case 'body':
      if (level.state.outcome !== null) return [afterBody(level)];
      return decideBody(level).map((action) => ({ type: 'inBody', ...at, action }));
    case 'gate': {
      const message = gateMessage(group, loop, phase.isMet);
      return [{ type: 'openGate', ...at, message, timeoutMs: null }];
    }
    case 'next':
      return [{ type: 'startIteration', nodeId: group.id, iteration: iteration + 1 }];
    case 'checking':
    case 'asking':
      return [];
  }
}

/** One failed node of the body fails its group; otherwise the loop's condition is asked. */
function afterBody({ state, within: { group, loop } }: BodyLevel): Action {
  const at = { nodeId: group.id, iteration: loop.iteration };
  if (state.outcome?.status === 'failed') {
    return { type: 'failIteration', ...at, failure: state.outcome.failure };
  }
  const verdict = verdictOf(group, state);
  if (verdict === 'unknown') return { type: 'checkIteration', ...at };
  return { type: 'endIteration', ...at, isMet: verdict === 'met' };
}
