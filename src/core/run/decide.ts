import type { Node, WorkflowDefinition } from '../definition/definition.js';
import { decideSubruns } from '../subrun/decide-subruns.js';
import { beginNode, leftOut } from './begin-node.js';
import { bodyAt, runLevel, type Level } from './level.js';
import { loopActions } from './loop-actions.js';
import { bodyOutcomeOf, outcomeOf } from './outcome.js';
import { isEnding } from './run-status.js';
import type { Action, RunState } from './run-state.js';
import { resetCause } from './stale.js';
import type { NodeOutput } from './task.js';

/**
 * What must happen next. Pure and total: equal inputs give equal actions, in definition order. All of it holds
 * of a run and, in the same words, of every body of a loop group in it.
 *
 * R1  A node is looked at only once all that it must wait for has settled, and moves on with the event of
 *     its action: so each action is begun exactly once.
 * R2  While a run is being ended nothing begins; it finishes when nothing of it is active any more.
 * R3  A run whose every node has settled finishes; a run that neither finishes nor acts has an active node, or
 *     waits for the host to look for its evidence. So no run hangs by itself.
 * R4  `cancelRun` comes last, once: siblings that are due together with a `cancel` node begin before it.
 */
export function decide(definition: WorkflowDefinition, state: RunState): readonly Action[] {
  return decideAt(runLevel(definition, state));
}

function decideAt(level: Level): readonly Action[] {
  const { state } = level;
  if (state.outcome) return [];
  const { active, unsettled } = state.progress;
  if (isEnding(state) ? active.length === 0 : unsettled === 0) return atEnd(level);
  const actions = state.progress.frontier.flatMap((position) => actionsAt(level, position));
  const cancel = actions.find(isCancel);
  return cancel ? [...actions.filter((action) => !isCancel(action)), cancel] : actions;
}

/** A run that would succeed and must leave evidence is asked for it first. */
function atEnd({ graph, state, within }: Level): readonly Action[] {
  if (within !== null) return [{ type: 'finish', outcome: bodyOutcomeOf(graph, state) }];
  const outcome = outcomeOf(graph, state);
  if (outcome.status !== 'completed' || graph.requiresEvidence !== true || state.evidence === 'present') {
    return [{ type: 'finish', outcome }];
  }
  return state.evidence === null ? [{ type: 'checkEvidence' }] : [];
}

function actionsAt(level: Level, position: number): readonly Action[] {
  const { graph, state } = level;
  const node = graph.nodes[position];
  const current = state.nodes[position];
  if (!node || !current) return [];
  if (current.status === 'looping') {
    const body = bodyAt(level, position);
    return body ? loopActions(body, decideAt) : [];
  }
  if (isEnding(state)) return [];
  if (current.status === 'retrying') {
    const { attempt, delayMs } = current;
    return [{ type: 'scheduleRetry', nodeId: node.id, attempt, delayMs }];
  }
  if (current.status === 'delegating') {
    return node.kind === 'workflow' ? decideSubruns(node, current.subruns) : [];
  }
  if (current.status === 'kept') return [leftOut(level, node) ?? keepOrReset(level, node, current.output)];
  return [beginNode(level, node)];
}

function keepOrReset(level: Level, node: Node, formerOutput: NodeOutput): Action {
  const cause = resetCause(level, node);
  if (cause === null) return { type: 'keepNode', nodeId: node.id };
  return { type: 'resetNode', nodeId: node.id, cause, formerOutput };
}

function isCancel(action: Action): boolean {
  return action.type === 'inBody' ? isCancel(action.action) : action.type === 'cancelRun';
}
