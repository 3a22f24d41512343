import type { ApprovalNode, Boundary, Node, Text, When } from '../definition/definition.js';
import { RunError } from '../errors.js';
import { conditionReferences, evaluateCondition, type Verdict } from '../expression/condition.js';
import { substitute } from '../expression/substitute.js';
import { excerptOf } from './excerpt.js';
import type { Level } from './level.js';
import type { Action, NodeState } from './run-state.js';
import { scopeFor } from './scope-for.js';
import type { NodeFailure } from './task.js';
import { joins } from './trigger-rule.js';

/** People read it, and it stands in history, row and event: a longer message is clipped. */
const MESSAGE_CHARACTERS = 16_000;

/**
 * What a node does whose turn has come: the includes around it are asked first, the outermost at the front, then
 * its join, then its condition; only then its kind matters.
 */
export function beginNode(level: Level, node: Node): Action {
  const left = leftOut(level, node);
  if (left !== null) return left;
  if (!joins(node.triggerRule, settledAt(level, node.dependsOn))) return skippedByRule(node);
  const prevented = node.when && preventedBy(level, node, node.when);
  return prevented ?? beginByKind(level, node);
}

/** The action of an include that keeps its node from running, whatever became of the node before; null: none does. */
export function leftOut(level: Level, node: Node): Action | null {
  const mayPass = (node.boundaries ?? []).every((boundary) => isOpen(level, node, boundary));
  return mayPass ? null : skippedByRule(node);
}

function skippedByRule({ id: nodeId }: Node): Action {
  return { type: 'skipNode', nodeId, reason: 'trigger_rule', expression: null };
}

/** A condition that cannot be read or resolved fails or skips the include's first nodes, which tell of it. */
function isOpen(level: Level, node: Node, { dependsOn, triggerRules, when }: Boundary): boolean {
  const settled = settledAt(level, dependsOn);
  if (!triggerRules.some((rule) => joins(rule, settled))) return false;
  return when === null || verdictOf(level, node, when).kind === 'true';
}

function settledAt({ state }: Level, positions: readonly number[]): readonly NodeState['status'][] {
  return positions.map((position) => state.nodes[position]?.status ?? 'failed');
}

function verdictOf(level: Level, { layer }: Node, { condition }: When): Verdict {
  const references = conditionReferences(condition);
  const scope = { ...scopeFor(level, { layer, references }, {}), inputs: level.state.inputs };
  return evaluateCondition(condition, scope);
}

/** The action of a condition that keeps its node from running; null: it does not. */
function preventedBy(level: Level, node: Node, when: When): Action | null {
  const verdict = verdictOf(level, node, when);
  const { text } = when;
  switch (verdict.kind) {
    case 'true':
      return null;
    case 'false':
      return { type: 'skipNode', nodeId: node.id, reason: 'when_condition', expression: text };
    case 'unreadable':
      return { type: 'skipNode', nodeId: node.id, reason: 'when_condition_parse_error', expression: text };
    case 'unresolved':
      return refusal(node, { code: 'REFERENCE_UNRESOLVED', message: verdict.message });
  }
}

function beginByKind(level: Level, node: Node): Action {
  switch (node.kind) {
    case 'bash':
    case 'script':
    case 'agent':
      return { type: 'startNode', nodeId: node.id, attempt: 1 };
    case 'approval':
      return openGateAt(level, node);
    case 'cancel': {
      const made = messageOf(level, node, node.reason);
      if (made.kind === 'refused') return made.action;
      return { type: 'cancelRun', cancellation: { by: null, reason: made.message, nodeId: node.id } };
    }
    case 'loop_group':
    case 'loop':
      return { type: 'startIteration', nodeId: node.id, iteration: 1 };
    case 'workflow':
      return { type: 'planChildren', nodeId: node.id, from: 0 };
  }
}

/** A person is asked, or asked again. */
export function openGateAt(level: Level, node: ApprovalNode): Action {
  const made = messageOf(level, node, node.message);
  if (made.kind === 'refused') return made.action;
  return { type: 'openGate', nodeId: node.id, message: made.message, timeoutMs: node.timeoutMs };
}

type Made =
  { readonly kind: 'made'; readonly message: string } | { readonly kind: 'refused'; readonly action: Action };

/** What people read, references filled in; a text that cannot be made refuses its node. */
function messageOf(level: Level, node: Node, text: Text): Made {
  if (text.kind === 'stored') {
    return { kind: 'made', message: `(a text of ${text.bytes} bytes, stored as ${text.sha256})` };
  }
  const scope = scopeFor(level, node, {});
  try {
    return { kind: 'made', message: clipped(substitute(text.text, 'message', scope)) };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return { kind: 'refused', action: refusal(node, error) };
  }
}

function clipped(message: string): string {
  if (message.length <= MESSAGE_CHARACTERS) return message;
  return `${excerptOf(message, MESSAGE_CHARACTERS)}… (clipped: ${message.length} characters)`;
}

function refusal(node: Node, { code, message }: NodeFailure): Action {
  const failure = { code, message: `Node '${node.id}' failed before execution: ${message}` };
  return { type: 'refuseNode', nodeId: node.id, failure };
}
