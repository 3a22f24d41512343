import type { Node, Text, When, WorkflowDefinition } from '../definition/definition.js';
import { RunError } from '../errors.js';
import { conditionReferences, evaluateCondition } from '../expression/condition.js';
import { substitute } from '../expression/substitute.js';
import { excerptOf } from './excerpt.js';
import type { Action, RunState } from './run-state.js';
import { scopeFor } from './scope-for.js';
import type { NodeFailure } from './task.js';
import { joins } from './trigger-rule.js';

/** People read it, and it stands in history, row and event: a longer message is clipped. */
const MESSAGE_CHARACTERS = 16_000;

/**
 * What a node does whose turn has come: its join is asked first, then its condition; only then its kind
 * matters.
 */
export function beginNode(definition: WorkflowDefinition, state: RunState, node: Node): Action {
  const settled = node.dependsOn.map((position) => state.nodes[position]?.status ?? 'failed');
  if (!joins(node.triggerRule, settled)) {
    return { type: 'skipNode', nodeId: node.id, reason: 'trigger_rule', expression: null };
  }
  const prevented = node.when && preventedBy(definition, state, node, node.when);
  return prevented ?? beginByKind(definition, state, node);
}

/** The action of a condition that keeps its node from running; null: it does not. */
function preventedBy(
  definition: WorkflowDefinition,
  state: RunState,
  node: Node,
  { condition, text }: When,
): Action | null {
  const references = conditionReferences(condition);
  const scope = { ...scopeFor(definition, state, { node, references }, {}), inputs: state.inputs };
  const verdict = evaluateCondition(condition, scope);
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

function beginByKind(definition: WorkflowDefinition, state: RunState, node: Node): Action {
  switch (node.kind) {
    case 'bash':
      return { type: 'startNode', nodeId: node.id, attempt: 1 };
    case 'approval': {
      const made = messageOf(definition, state, { node, text: node.message });
      if (made.kind === 'refused') return made.action;
      return { type: 'openGate', nodeId: node.id, message: made.message, timeoutMs: node.timeoutMs };
    }
    case 'cancel': {
      const made = messageOf(definition, state, { node, text: node.reason });
      if (made.kind === 'refused') return made.action;
      return { type: 'cancelRun', cancellation: { by: null, reason: made.message, nodeId: node.id } };
    }
    default:
      return refusal(node, {
        code: 'DEFINITION_INVALID',
        message: `no worker of this version runs nodes of the kind '${node.kind}'`,
      });
  }
}

type Made =
  { readonly kind: 'made'; readonly message: string } | { readonly kind: 'refused'; readonly action: Action };

/** What people read, references filled in; a text that cannot be made refuses its node. */
function messageOf(
  definition: WorkflowDefinition,
  state: RunState,
  { node, text }: { readonly node: Node; readonly text: Text },
): Made {
  if (text.kind === 'stored') {
    return { kind: 'made', message: `(a text of ${text.bytes} bytes, stored as ${text.sha256})` };
  }
  const scope = scopeFor(definition, state, { node, references: node.references }, {});
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
