import type { ApprovalNode } from '../definition/definition.js';
import { toOutput } from '../expression/scope.js';
import type { Cancellation, GateAnswer } from './run-state.js';
import type { NodeOutput } from './task.js';

/** What an answer makes of a gate. */
export type GateVerdict =
  | { readonly kind: 'completed'; readonly output: NodeOutput }
  /** The reviewer turned the run down. */
  | { readonly kind: 'rejected'; readonly cancellation: Cancellation }
  /** The gate does not know that decision. */
  | { readonly kind: 'undeclared' };

const UNDECLARED_GATE = ['approve', 'reject'] as const;

/**
 * What an answer means. Every gate understands `approve` and `reject`; one that declares `reject` goes on
 * with it as an output, any other ends its run.
 */
export function decideGate(node: ApprovalNode, answer: GateAnswer): GateVerdict {
  const { decision, text, by } = answer;
  const isDeclared = node.decisions?.some(({ id }) => id === decision) ?? false;
  if (isDeclared) {
    const output = JSON.stringify({ decision, text: text ?? '' });
    return { kind: 'completed', output: toOutput(output, node.fieldsRead) };
  }
  if (decision === 'reject') {
    return { kind: 'rejected', cancellation: { by, reason: text || 'Rejected', nodeId: node.id } };
  }
  if (node.decisions !== null || decision !== 'approve') return { kind: 'undeclared' };
  const comment = node.captureResponse ? text || 'Approved' : '';
  return { kind: 'completed', output: toOutput(comment, node.fieldsRead) };
}

/** What may be answered at a gate: its declared decisions, or approve and reject. */
export function choicesAt(node: ApprovalNode): readonly string[] {
  const declared = node.decisions?.map(({ id }) => id) ?? UNDECLARED_GATE;
  return declared.includes('reject') ? declared : [...declared, 'reject'];
}
