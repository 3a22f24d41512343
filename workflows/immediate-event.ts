import type { NodeId } from '../src/core/ids.js';
import type { Level } from '../src/core/run/level.js';
import type { Action, RunEvent } from '../src/core/run/run-state.js';
import type { SubrunAction } from '../src/core/subrun/decide-subruns.js';
import { now } from './live-run.js';

/** An action that is over as soon as it is told: nothing in the world is asked for it. */
type ImmediateAction = Exclude<
  Action,
  {
    readonly type:
      | 'inBody'
      | 'startNode'
      | 'scheduleRetry'
      | 'openGate'
      | 'checkIteration'
      | 'checkEvidence'
      | SubrunAction['type'];
  }
>;

/** @param level in which the action is due */
export function immediateEvent(action: ImmediateAction, level: Level): RunEvent {
  const at = now();
  switch (action.type) {
    case 'keepNode':
      return { ...action, type: 'nodeKept', at };
    case 'resetNode':
      return { ...action, type: 'nodeReset', at };
    case 'skipNode':
      return { ...action, type: 'nodeSkipped', at };
    case 'refuseNode':
      return { ...action, type: 'nodeRefused', at };
    case 'startIteration':
      return { ...action, type: 'iterationStarted', at };
    case 'endIteration':
      return { ...action, type: 'iterationEnded', ...iterationTimes(level, action.nodeId), at };
    case 'failIteration':
      return { ...action, type: 'iterationFailed', ...iterationTimes(level, action.nodeId), at };
    case 'cancelRun':
      return { type: 'cancelRequested', cancellation: action.cancellation, at };
    case 'finish':
      return { type: 'runFinished', outcome: action.outcome, at };
  }
}

/** How long an iteration of a loop group, and the group, have taken until now. */
export function iterationTimes(
  { state }: Level,
  nodeId: NodeId,
): { readonly durationMs: number; readonly totalMs: number } {
  const loop = state.nodes[state.plan.positionOf.get(nodeId) ?? -1];
  if (loop?.status !== 'looping') return { durationMs: 0, totalMs: 0 };
  const since = (at: string): number => Date.now() - Date.parse(at);
  return { durationMs: since(loop.iterationBegunAt), totalMs: since(loop.begunAt) };
}
