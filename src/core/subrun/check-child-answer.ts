import { namedChoices } from '../run/decision-labels.js';
import { isShort } from '../run/gate.js';
import type { AnswerRequest } from '../run/check-answer.js';
import type { ErrorCode } from '../errors.js';
import type { ForeignGate } from './child-gates.js';

export type ChildAnswerCheck =
  /** It is about no sub-run. */
  | { readonly kind: 'own' }
  | { readonly kind: 'accepted'; readonly gate: ForeignGate }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

/**
 * Whether an answer is meant for a gate of a sub-run, and may be handed down to it: `GATE_AMBIGUOUS`,
 * `DECISION_UNDECLARED`, `MESSAGE_INVALID`.
 * @param ownGates how many gates of the run itself wait
 */
export function checkChildAnswer(
  gates: readonly ForeignGate[],
  ownGates: number,
  request: AnswerRequest,
): ChildAnswerCheck {
  const { nodeId } = request;
  const exact = gates.find(({ address }) => address === nodeId);
  if (exact) return checkAt(exact, request);
  const meant = nodeId === null ? gates : gates.filter((gate) => gate.nodeId === nodeId);
  const [only, ...others] = meant;
  if (!only) return { kind: 'own' };
  const isClear = others.length === 0 && (nodeId !== null || ownGates === 0);
  if (isClear) return checkAt(only, request);
  const listed = meant.map(({ address, gate }) => `${address} (${namedChoices(gate)})`);
  const own = nodeId === null && ownGates > 0 ? `, and ${ownGates} of the run itself` : '';
  return {
    kind: 'refused',
    code: 'GATE_AMBIGUOUS',
    message: `several gates wait: ${listed.join('; ')}${own}. Say which one`,
  };
}

function checkAt(foreign: ForeignGate, { decision, text }: AnswerRequest): ChildAnswerCheck {
  const { address, gate } = foreign;
  if (!gate.decisions.includes(decision)) {
    const message = `gate '${address}' does not know '${decision}'. Choose one of: ${namedChoices(gate)}`;
    return { kind: 'refused', code: 'DECISION_UNDECLARED', message };
  }
  if (isShort(text) && text?.includes('\0') !== true) return { kind: 'accepted', gate: foreign };
  const message =
    'the text of the decision is too long, or has a NUL character. Put it into a file and name that';
  return { kind: 'refused', code: 'MESSAGE_INVALID', message };
}
