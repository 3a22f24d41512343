import type { ApprovalNode } from '../definition/definition.js';
import { byteLength, INLINE_LIMIT_BYTES, toOutput, toStructuredOutput } from '../expression/output.js';
import type { Cancellation, GateAnswer } from './run-state.js';
import type { NodeOutput } from './task.js';
import type { Looper } from './turns.js';

/** What an answer makes of a gate. */
export type GateVerdict =
  | { readonly kind: 'completed'; readonly output: NodeOutput }
  /** The reviewer turned the run down. */
  | { readonly kind: 'rejected'; readonly cancellation: Cancellation }
  /** An agent is to mend it; then the gate asks again. */
  | { readonly kind: 'rework'; readonly reason: string }
  /** The gate cannot take that answer; `checkAnswer` says why. */
  | { readonly kind: 'refused' };

const UNDECLARED_GATE: readonly string[] = ['approve', 'reject'];
const REFUSED: GateVerdict = { kind: 'refused' };

/** What is left of a reject without words. */
const UNSAID = 'Rejected';

/**
 * What an answer means. Every gate understands `approve` and `reject`; one that declares `reject` goes on
 * with it as its output, one with `on_reject` has it mended until the last that it allows, and at any other gate it
 * ends the run.
 * @param rejections how often the gate was rejected before
 */
export function decideGate(node: ApprovalNode, answer: GateAnswer, rejections = 0): GateVerdict {
  const { decision, text } = answer;
  if (!choicesAt(node).includes(decision) || !isShort(text)) return REFUSED;
  if (node.decisions?.some(({ id }) => id === decision)) {
    return {
      kind: 'completed',
      output: toStructuredOutput({ decision, text: text ?? '' }, node.fieldsRead),
    };
  }
  if (decision === 'reject') return turnedDown(node, answer, rejections);
  const comment = node.captureResponse ? text || 'Approved' : '';
  return { kind: 'completed', output: toOutput(comment, node.fieldsRead) };
}

function turnedDown(node: ApprovalNode, { text, by }: GateAnswer, rejections: number): GateVerdict {
  const reason = text || UNSAID;
  const mayMend = rejections + 1 < (node.onReject?.maxAttempts ?? 0);
  if (mayMend) return { kind: 'rework', reason };
  return { kind: 'rejected', cancellation: { by, reason, nodeId: node.id } };
}

/** What may be answered at a gate: its declared decisions and, always, `reject`; without declared ones `approve`. */
export function choicesAt(node: Looper): readonly string[] {
  if (node.kind !== 'approval') return UNDECLARED_GATE;
  const choices = node.decisions?.map(({ id }) => id) ?? UNDECLARED_GATE;
  return choices.includes('reject') ? choices : [...choices, 'reject'];
}

/** What a reviewer writes becomes an output that has no file to go to. */
export function isShort(text: string | null): boolean {
  return text === null || byteLength(text) <= INLINE_LIMIT_BYTES;
}
