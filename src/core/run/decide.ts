import type { WorkflowDefinition } from '../definition/definition.js';
import { beginNode } from './begin-node.js';
import { outcomeOf } from './outcome.js';
import { isEnding } from './run-status.js';
import type { Action, NodeState, RunState } from './run-state.js';

/**
 * What must happen next. Pure and total: equal inputs give equal actions, in definition order.
 *
 * R1  A node is looked at only once all that it must wait for has settled, and moves on with the event of
 *     its action: so each action is begun exactly once.
 * R2  While a run is being ended nothing begins; it finishes when nothing of it is active any more.
 * R3  A run whose every node has settled finishes; a run that neither finishes nor acts has an active node.
 *     So no run hangs by itself.
 * R4  `cancelRun` comes last, once: siblings that are due together with a `cancel` node begin before it.
 */
export function decide(definition: WorkflowDefinition, state: RunState): readonly Action[] {
  if (state.outcome) return [];
  const { active, unsettled } = state.progress;
  if (isEnding(state) ? active.length === 0 : unsettled === 0) {
    return [{ type: 'finish', outcome: outcomeOf(definition, state) }];
  }
  if (isEnding(state)) return [];
  const actions = state.progress.frontier.flatMap((position) => actionAt(definition, state, position));
  const cancel = actions.find((action) => action.type === 'cancelRun');
  return cancel ? [...actions.filter((action) => action.type !== 'cancelRun'), cancel] : actions;
}

function actionAt(definition: WorkflowDefinition, state: RunState, position: number): readonly Action[] {
  const node = definition.nodes[position];
  const current: NodeState | undefined = state.nodes[position];
  if (!node || !current) return [];
  if (current.status === 'retrying') {
    const { attempt, delayMs } = current;
    return [{ type: 'scheduleRetry', nodeId: node.id, attempt, delayMs }];
  }
  if (current.status === 'kept') return [{ type: 'keepNode', nodeId: node.id }];
  return [beginNode(definition, state, node)];
}
