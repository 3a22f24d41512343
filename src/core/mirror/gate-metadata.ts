import type { ApprovalNode, Graph, Node, WorkflowDefinition } from '../definition/definition.js';
import type { JsonObject } from '../json.js';
import { labelsAt } from '../run/decision-labels.js';
import { excerptOf } from '../run/excerpt.js';
import { choicesAt } from '../run/gate.js';
import { findNode } from '../run/level.js';
import { delegatingNodes, waitingGates, type OpenGate } from '../run/run-status.js';
import type { DecidedGate, RunState } from '../run/run-state.js';
import { isLoop, isLooper } from '../run/turns.js';
import { foreignGates, type ForeignGate } from '../subrun/child-gates.js';

const EXCERPT_CHARACTERS = 2_000;

/**
 * What Archon's tools read of a run's gates: `approval` shows the gate opened first; while none waits, the
 * one decided last. Nothing for a run that has met no gate; a key that has appeared stays, so that any later
 * row overrules any earlier one.
 */
export function gateMetadata(definition: WorkflowDefinition, state: RunState): JsonObject {
  const [first] = waitingGates(definition, state);
  const [foreign] = foreignGates(delegatingNodes(definition, state));
  const { lastDecision } = state;
  if (first) return { approval: approvalOf(first), ...answerOf(lastDecision) };
  if (foreign) return { approval: foreignApproval(foreign), ...answerOf(lastDecision) };
  if (lastDecision) {
    const approval = resolvedApproval(definition, lastDecision);
    return { approval, ...answerOf(lastDecision) };
  }
  return hasMetGate(definition, state) ? { approval: null } : {};
}

/** A gate of a sub-run, as Archon has a parent show it. */
function foreignApproval({ nodeId, runId, gate }: ForeignGate): JsonObject {
  return { type: 'child_workflow', nodeId, childRunId: runId, message: gate.message };
}

/** Every gate that waits, for our own readers; those of sub-runs behind the run's own. */
export function gateList(definition: WorkflowDefinition, state: RunState): readonly JsonObject[] {
  const foreign = foreignGates(delegatingNodes(definition, state)).map(({ address, runId, gate }) => ({
    nodeId: address,
    message: excerptOf(gate.message, EXCERPT_CHARACTERS),
    decisions: gate.decisions,
    ...(gate.labels === undefined ? {} : { labels: gate.labels }),
    openedAt: gate.openedAt,
    childRunId: runId,
  }));
  return [...ownGates(definition, state), ...foreign];
}

function ownGates(definition: WorkflowDefinition, state: RunState): readonly JsonObject[] {
  return waitingGates(definition, state).map(({ name, node, message, openedAt }) => ({
    nodeId: name,
    message: excerptOf(message, EXCERPT_CHARACTERS),
    decisions: choicesAt(node),
    ...labelsAt(node),
    openedAt,
  }));
}

/** Some gate has been open, and is no more: it was not decided in time, or ended with the run. */
function hasMetGate(definition: WorkflowDefinition, state: RunState): boolean {
  return definition.nodes.some((node, position) => {
    const status = state.nodes[position]?.status;
    const isOver = status === 'failed' || status === 'dropped';
    const isFurther = status === 'looping' || status === 'delegating' || status === 'completed';
    return hasGates(node) && (isOver || (node.kind !== 'approval' && isFurther));
  });
}

function hasGates(node: Node): boolean {
  if (!isLoop(node)) return node.kind === 'approval' || node.kind === 'workflow';
  return node.rules.isInteractive || (node.kind === 'loop_group' && graphHasGates(node.body));
}

function graphHasGates({ nodes }: Graph): boolean {
  return nodes.some(hasGates);
}

type ShownGate = Pick<OpenGate, 'name' | 'node' | 'message'> & Partial<Pick<OpenGate, 'loop'>>;

function approvalOf({ name, node, message, loop }: ShownGate): JsonObject {
  if (node.kind !== 'approval') {
    const about = loop ? { iteration: loop.iteration, completionSignaled: loop.isMet } : {};
    return { type: 'interactive_loop', nodeId: name, message, ...about };
  }
  const decisions = node.decisions ?? choicesAt(node).map((id) => ({ id, label: null }));
  return {
    type: 'approval',
    nodeId: name,
    message,
    captureResponse: node.captureResponse,
    decisions: decisions.map(({ id, label }) => ({ id, ...(label === null ? {} : { label }) })),
    decisionsAuthored: node.decisions !== null,
    ...reworkOf(node),
  };
}

/** By these Archon's tools know that a reject does not end the run. */
function reworkOf({ onReject }: ApprovalNode): JsonObject {
  if (onReject === undefined) return {};
  const { prompt, maxAttempts } = onReject;
  const text = prompt.kind === 'inline' ? prompt.text : '';
  return { onRejectPrompt: excerptOf(text, EXCERPT_CHARACTERS), onRejectMaxAttempts: maxAttempts };
}

function resolvedApproval(
  definition: WorkflowDefinition,
  { nodeId, message, answer }: DecidedGate,
): JsonObject | null {
  const node = findNode(definition, nodeId);
  if (node === null || !isLooper(node)) return null;
  const resolved = answer.decision === 'reject' ? 'rejected' : 'approved';
  return { ...approvalOf({ name: nodeId, node, message }), resolved };
}

function answerOf(decided: DecidedGate | null): JsonObject {
  if (!decided) return {};
  const { decision, text } = decided.answer;
  if (decision === 'reject') {
    return {
      approval_response: 'rejected',
      rejection_reason: text || 'Rejected',
      rejection_count: decided.rejections ?? 1,
    };
  }
  const response = decision === 'approve' ? 'approved' : decision;
  return { approval_response: response, rejection_reason: '', rejection_count: 0 };
}
