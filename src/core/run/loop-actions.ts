import type { ApprovalNode } from '../definition/definition.js';
import { openGateAt } from './begin-node.js';
import type { BodyLevel, Level } from './level.js';
import type { LoopingState } from './loop-state.js';
import { gateMessage, verdictOf } from './loop-rules.js';
import type { Action } from './run-state.js';
import type { NodeFailure } from './task.js';
import type { LoopNode } from './turns.js';

/** What is due in a loop at work, its body included, and at a gate of which something is mended. */
export function loopActions(
  level: BodyLevel,
  decideBody: (level: Level) => readonly Action[],
): readonly Action[] {
  const { group, loop } = level.within;
  if (loop.phase.kind !== 'body') return group.kind === 'approval' ? [] : betweenBodies(group, loop);
  if (level.state.outcome !== null) return [afterBody(level)];
  const at = { nodeId: group.id, iteration: loop.iteration };
  return decideBody(level).map((action) => ({ type: 'inBody', ...at, action }));
}

function betweenBodies(group: LoopNode, loop: LoopingState): readonly Action[] {
  const { phase, iteration } = loop;
  const at = { nodeId: group.id, iteration };
  switch (phase.kind) {
    case 'gate': {
      const message = gateMessage(group, loop, phase.isMet);
      return [{ type: 'openGate', ...at, message, timeoutMs: null }];
    }
    case 'next':
      return [{ type: 'startIteration', nodeId: group.id, iteration: iteration + 1 }];
    default:
      return [];
  }
}

/** One failed node of the body fails its group; otherwise the loop's condition, or the person, is asked. */
function afterBody(level: BodyLevel): Action {
  const { group, loop } = level.within;
  const at = { nodeId: group.id, iteration: loop.iteration };
  const failure = failureIn(level);
  if (failure !== null) return { type: 'failIteration', ...at, failure };
  if (group.kind === 'approval') return askAgain(level, group);
  const verdict = verdictOf(group, level.state);
  if (verdict === 'unknown') return { type: 'checkIteration', ...at };
  return { type: 'endIteration', ...at, isMet: verdict === 'met' };
}

/** Of a turn what failed it; of a body every node that failed, by name. */
function failureIn({ state, within: { group } }: BodyLevel): NodeFailure | null {
  if (state.outcome?.status !== 'failed') return null;
  const [turn] = state.nodes;
  return group.kind !== 'loop_group' && turn?.status === 'failed' ? turn.failure : state.outcome.failure;
}

/** The message may show what has been mended, as far as the gate sees it. */
function askAgain({ within: { level, loop } }: BodyLevel, gate: ApprovalNode): Action {
  const action = openGateAt(level, gate);
  return action.type === 'openGate' ? { ...action, iteration: loop.iteration } : action;
}
