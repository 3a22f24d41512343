import type { JsonObject } from '../json.js';
import type { NodeState, RunEvent } from '../run/run-state.js';
import { isLoop } from '../run/turns.js';
import { agentData, entry, type Entry, type Subject } from './entry.js';
import { outputData } from './node-output.js';

/** An event of a loop itself. */
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
      const maxIterations = isLoop(node) ? node.rules.maxIterations : null;
      const begun = entry(node, 'loop_iteration_started', { ...about, maxIterations });
      // Of a group only what is in its body starts.
      if (node.kind !== 'loop' || event.iteration > 1) return [begun];
      return [entry(node, 'node_started', { type: node.kind, ...agentData(node) }), begun];
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
      if (node.kind === 'approval') return loopEndEntries(subject, {});
      const data = { ...about, duration: event.durationMs, error: event.failure.message };
      return [
        entry(node, 'loop_iteration_failed', data),
        ...loopEndEntries(subject, { duration_ms: event.totalMs }),
      ];
    }
  }
}

/** The end of a whole loop, or of a gate whose agent failed, if that is what has come. */
export function loopEndEntries({ node, state }: Subject, data: JsonObject): readonly Entry[] {
  if (state.status === 'completed' && isLoop(node)) {
    const signalbox = { attempt: state.attempt };
    const output = outputData(state.output);
    const aggregate = node.kind === 'loop_group' ? { aggregate: true } : {};
    return [entry(node, 'node_completed', { ...data, type: node.kind, ...aggregate, ...output, signalbox })];
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
