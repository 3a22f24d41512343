import type { Graph, WorkflowDefinition } from '../definition/definition.js';
import { findNode } from './level.js';
import type { RunOutcome, RunState } from './run-state.js';
import type { NodeFailure, NodeOutput } from './task.js';
import { isLooper } from './turns.js';

const NAMED_FAILURES = 20;

/**
 * How the run ends, once nothing of it is active. A failure of the run itself outweighs a cancellation:
 * it must not be hidden. Any failed node fails the run, even if a join recovered from it.
 */
export function outcomeOf(definition: WorkflowDefinition, state: RunState): RunOutcome {
  if (state.abort) return { status: 'failed', failure: state.abort };
  if (state.cancellation) return { status: 'cancelled', cancellation: state.cancellation };
  const message = failureMessage(definition, state);
  if (message !== null) return { status: 'failed', failure: { code: 'RUN_FAILED', message } };
  if (state.evidence === 'missing') return { status: 'failed', failure: EVIDENCE_MISSING };
  const unclear = unclearOutcome(definition, state);
  if (unclear !== null) return { status: 'failed', failure: unclear };
  return {
    status: 'completed',
    result: definition.returns === undefined ? resultOf(state) : returned(definition, state),
  };
}

/**
 * What the author lets the run say of its work, whatever becomes of the run; null: nothing yet, or nothing that
 * can be read.
 */
export function authoredOutcome(
  definition: WorkflowDefinition,
  state: RunState,
): 'succeeded' | 'failed' | null {
  const { outcomeField } = definition;
  if (outcomeField === undefined) return null;
  const value = returned(definition, state)?.fields?.[outcomeField];
  if (value?.type !== 'boolean' || value.text.kind !== 'inline') return null;
  return value.text.text === 'true' ? 'succeeded' : 'failed';
}

const EVIDENCE_MISSING: NodeFailure = {
  code: 'EVIDENCE_MISSING',
  message:
    'every node succeeded, but the workflow asks for evidence and there is no evidence.json among the artifacts; have a node write $ARTIFACTS_DIR/evidence.json, then resume the run',
};

function unclearOutcome(definition: WorkflowDefinition, state: RunState): NodeFailure | null {
  const { outcomeField, returns } = definition;
  if (outcomeField === undefined || authoredOutcome(definition, state) !== null) return null;
  const message = `DAG workflow '${definition.name}' says by outcome_field '${outcomeField}' of node '${returns ?? ''}' whether it succeeded, and that node gave no true or false`;
  return { code: 'RUN_FAILED', message };
}

/** What the node gave out whose output is the run's result. */
function returned({ returns }: WorkflowDefinition, state: RunState): NodeOutput | null {
  const node = returns === undefined ? undefined : state.nodes[state.plan.positionOf.get(returns) ?? -1];
  return node?.status === 'completed' ? node.output : null;
}

/**
 * How one iteration of a loop group's body ends. One of which every node was skipped has nothing to give, and is
 * no failure.
 */
export function bodyOutcomeOf(graph: Graph, state: RunState): RunOutcome {
  if (state.abort) return { status: 'failed', failure: state.abort };
  if (state.cancellation) return { status: 'cancelled', cancellation: state.cancellation };
  const failed = failedNodes(graph, state);
  if (failed.length === 0) return { status: 'completed', result: null };
  return { status: 'failed', failure: { code: 'NODE_FAILED', message: reasons(failed) } };
}

/** A reviewer's reject ended the run: nothing went wrong, the command line exits 0. */
export function isRejected(definition: WorkflowDefinition, outcome: RunOutcome): boolean {
  if (outcome.status !== 'cancelled') return false;
  const { nodeId } = outcome.cancellation;
  const node = nodeId === null ? null : findNode(definition, nodeId);
  return node !== null && isLooper(node);
}

interface FailedNode {
  readonly id: string;
  readonly failure: NodeFailure;
}

function failedNodes({ nodes }: Graph, state: RunState): readonly FailedNode[] {
  return nodes.flatMap(({ id }, position) => {
    const settled = state.nodes[position];
    return settled?.status === 'failed' ? [{ id, failure: settled.failure }] : [];
  });
}

function failureMessage(definition: WorkflowDefinition, state: RunState): string | null {
  const failed = failedNodes(definition, state);
  const name = `DAG workflow '${definition.name}'`;
  if (state.nodes.some((node) => node.status === 'completed')) {
    return failed.length === 0 ? null : `${name} completed with failures: ${reasons(failed)}`;
  }
  const skipped = state.nodes.filter((node) => node.status === 'skipped').length;
  if (failed.length === 0) {
    return `${name} completed with no successful nodes. All ${skipped} were skipped: look at their when conditions and trigger rules.`;
  }
  const ids = failed.map((node) => node.id).join(', ');
  return `${name} failed: node(s) ${ids} failed.${skippedBehind(skipped)} ${reasons(failed)}`;
}

function reasons(failed: readonly FailedNode[]): string {
  const named = failed.slice(0, NAMED_FAILURES).map(({ id, failure }) => `'${id}': ${failure.message}`);
  const unnamed = failed.length - named.length;
  return [...named, ...(unnamed > 0 ? [`and ${unnamed} more`] : [])].join('; ');
}

function skippedBehind(count: number): string {
  if (count === 0) return '';
  return count === 1 ? ' 1 downstream node was skipped.' : ` ${count} downstream nodes were skipped.`;
}

/** The first node, in the order of the file, that nobody depends on and that gave a non-blank text. */
export function resultOf(state: RunState): NodeOutput | null {
  for (const position of state.plan.sinks) {
    const node = state.nodes[position];
    if (node?.status === 'completed' && !isBlank(node.output)) return node.output;
  }
  return null;
}

export function isBlank({ text }: NodeOutput): boolean {
  return (text.kind === 'inline' ? text.text : text.excerpt).trim() === '';
}
