import type { ApprovalNode, LoopGroupNode } from '../definition/definition.js';
import { byteLength, INLINE_LIMIT_BYTES, toOutput, toStructuredOutput } from '../expression/output.js';
import type { Cancellation, GateAnswer } from './run-state.js';
import type { NodeOutput } from './task.js';

/** What an answer makes of a gate. */
export type GateVerdict =
  | { readonly kind: 'completed'; readonly output: NodeOutput }
  /** The reviewer turned the run down. */
  | { readonly kind: 'rejected'; readonly cancellation: Cancellation }
  /** The gate cannot take that answer; `checkAnswer` says why. */
  | { readonly kind: 'refused' };

const UNDECLARED_GATE: readonly string[] = ['approve', 'reject'];
const REFUSED: GateVerdict = { kind: 'refused' };

/**
 * What an answer means. Every gate understands `approve` and `reject`; one that declares `reject` goes on
 * with it as its output, at any other gate it ends the run.
 */
export function decideGate(node: ApprovalNode, answer: GateAnswer): GateVerdict {
  const { decision, text, by } = answer;
  if (!choicesAt(node).includes(decision) || !isShort(text)) return REFUSED;
  if (node.decisions?.some(({ id }) => id === decision)) {
    return {
      kind: 'completed',
      output: toStructuredOutput({ decision, text: text ?? '' }, node.fieldsRead),
    };
  }
  if (decision === 'reject') {
    return { kind: 'rejected', cancellation: { by, reason: text || 'Rejected', nodeId: node.id } };
  }
  const comment = node.captureResponse ? text || 'Approved' : '';
  return { kind: 'completed', output: toOutput(comment, node.fieldsRead) };
}

/** What may be answered at a gate: its declared decisions and, always, `reject`; without declared ones `approve`. */
export function choicesAt(node: ApprovalNode | LoopGroupNode): readonly string[] {
  if (node.kind === 'loop_group') return UNDECLARED_GATE;
  const choices = node.decisions?.map(({ id }) => id) ?? UNDECLARED_GATE;
  return choices.includes('reject') ? choices : [...choices, 'reject'];
}

/** What a reviewer writes becomes an output that has no file to go to. */
export function isShort(text: string | null): boolean {
  return text === null || byteLength(text) <= INLINE_LIMIT_BYTES;
}
