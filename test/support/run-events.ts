import type { WorkflowDefinition } from '../../src/core/definition/definition.js';
import { evolve, initialState } from '../../src/core/run/evolve.js';
import type {
  Cancellation,
  GateAnswer,
  RunEvent,
  RunOutcome,
  RunState,
} from '../../src/core/run/run-state.js';
import type { NodeFailure, NodeOutput } from '../../src/core/run/task.js';
import { aFailure, anOutput, nodeId } from './builders.js';

/** The time of the nth second of a run. */
export const second = (count: number): string => new Date(Date.UTC(2026, 10, 22, 9, 0, count)).toISOString();

export const runStarted = (at = second(0)): RunEvent => ({ type: 'runStarted', at });

export const nodeStarted = (id: string, attempt = 1): RunEvent => ({
  type: 'nodeStarted',
  nodeId: nodeId(id),
  attempt,
  at: second(1),
});

export const nodeCompleted = (id: string, output: string | NodeOutput = 'done', attempt = 1): RunEvent => ({
  type: 'nodeCompleted',
  nodeId: nodeId(id),
  attempt,
  output: typeof output === 'string' ? anOutput(output) : output,
  durationMs: 12,
  at: second(2),
});

export const attemptFailed = (id: string, failure: Partial<NodeFailure> = {}, attempt = 1): RunEvent => ({
  type: 'attemptFailed',
  nodeId: nodeId(id),
  attempt,
  failure: aFailure(failure),
  durationMs: 12,
  at: second(2),
});

export const retryScheduled = (id: string, attempt: number): RunEvent => ({
  type: 'retryScheduled',
  nodeId: nodeId(id),
  attempt,
  at: second(2),
});

export const nodeSkipped = (id: string, expression: string | null = null): RunEvent => ({
  type: 'nodeSkipped',
  nodeId: nodeId(id),
  reason: expression === null ? 'trigger_rule' : 'when_condition',
  expression,
  at: second(1),
});

export const nodeRefused = (id: string): RunEvent => ({
  type: 'nodeRefused',
  nodeId: nodeId(id),
  failure: aFailure({
    code: 'REFERENCE_UNRESOLVED',
    message: `Node '${id}' failed before execution: no value`,
  }),
  at: second(1),
});

export const gateOpened = (id: string, at = second(1)): RunEvent => ({
  type: 'gateOpened',
  nodeId: nodeId(id),
  message: `Go on with ${id}?`,
  at,
});

export const gateDecided = (id: string, decision: string, over: Partial<GateAnswer> = {}): RunEvent => ({
  type: 'gateDecided',
  nodeId: nodeId(id),
  answer: { decision, text: null, by: 'me', ...over },
  at: second(3),
});

export const gateTimedOut = (id: string): RunEvent => ({
  type: 'gateTimedOut',
  nodeId: nodeId(id),
  at: second(3),
});

export const cancelRequested = (over: Partial<Cancellation> = {}): RunEvent => ({
  type: 'cancelRequested',
  cancellation: { by: 'me', reason: 'wrong branch', nodeId: null, ...over },
  at: second(4),
});

export const runAborted = (): RunEvent => ({
  type: 'runAborted',
  failure: { code: 'INTERNAL', message: 'broken' },
  at: second(4),
});

export const runFinished = (outcome: RunOutcome): RunEvent => ({
  type: 'runFinished',
  outcome,
  at: second(5),
});

/** The state that these events lead to, from the beginning. */
export function stateAfter(definition: WorkflowDefinition, ...events: readonly RunEvent[]): RunState {
  return events.reduce((state, event) => evolve(definition, state, event), initialState(definition, {}));
}
