import type { JsonObject } from '../json.js';
import type { NodeState, RunEvent } from '../run/run-state.js';
import { entry, type Entry, type Subject } from './entry.js';
import { outputData } from './node-output.js';

/** An event of a loop group itself. */
export type LoopEvent = Extract<
  RunEvent,
  { readonly type: 'iterationStarted' | 'checkStarted' | 'iterationEnded' | 'iterationFailed' }
>;

const TYPES: readonly string[] = [
  'iterationStarted',
  'checkStarted',
  'iterationEnded',
  'iterationFailed',
] satisfies LoopEvent['type'][];

export function isLoopEvent(event: RunEvent): event is LoopEvent {
  return TYPES.includes(event.type);
}

export function loopEntries(subject: Subject, event: LoopEvent): readonly Entry[] {
  const { node } = subject;
  const about = { iteration: event.iteration, nodeId: node.id };
  switch (event.type) {
    case 'iterationStarted': {
      const maxIterations = node.kind === 'loop_group' ? node.rules.maxIterations : null;
      return [entry(node, 'loop_iteration_started', { ...about, maxIterations })];
    }
    case 'checkStarted':
      return [];
    case 'iterationEnded': {
      const data = { ...about, duration: event.durationMs, completionDetected: event.isMet };
      return [
        entry(node, 'loop_iteration_completed', data),
        ...loopEndEntries(subject, { duration_ms: event.totalMs }),
      ];
    }
    case 'iterationFailed': {
      const data = { ...about, duration: event.durationMs, error: event.failure.message };
      return [
        entry(node, 'loop_iteration_failed', data),
        ...loopEndEntries(subject, { duration_ms: event.totalMs }),
      ];
    }
  }
}

/** The end of a whole loop group, if that is what has come. */
export function loopEndEntries({ node, state }: Subject, data: JsonObject): readonly Entry[] {
  if (node.kind !== 'loop_group') return [];
  if (state.status === 'completed') {
    const signalbox = { attempt: state.attempt };
    const output = outputData(state.output);
    return [
      entry(node, 'node_completed', { ...data, type: node.kind, aggregate: true, ...output, signalbox }),
    ];
  }
  if (state.status !== 'failed') return [];
  const { failure, attempt } = state;
  const signalbox = { attempt, code: failure.code, ...data };
  return [entry(node, 'node_failed', { error: failure.message, type: node.kind, signalbox })];
}

/** What a gate of a loop tells beside its message. */
export function loopGateData(state: NodeState): JsonObject {
  if (state.status !== 'looping' || state.phase.kind !== 'asking') return {};
  return { iteration: state.iteration, completionSignaled: state.phase.isMet };
}
