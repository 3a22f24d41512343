import type { Node } from '../definition/definition.js';
import type { NodeId } from '../ids.js';
import { decideGate } from './gate.js';
import type { NodeEvent } from './node-after.js';
import { nameAt } from './place.js';
import type { Cancellation, DecidedGate, GateAnswer, NodeState } from './run-state.js';

/** What the event of one node means for its whole run. */
export interface Told {
  readonly decided: DecidedGate | null;
  readonly cancellation: Cancellation | null;
}

const NOTHING: Told = { decided: null, cancellation: null };

/** Only for an event that has moved its node. */
export function toldBy(node: Node, before: NodeState, event: NodeEvent, after: NodeState): Told {
  if (event.type === 'gateDecided') return answered(node, before, event.answer);
  if (event.type !== 'inBody' || before.status !== 'looping' || after.status !== 'looping') return NOTHING;
  const { lastDecision, cancellation } = after.body;
  return {
    decided: lastDecision === before.body.lastDecision ? null : outward(node, lastDecision),
    cancellation: cancellation === before.body.cancellation ? null : outward(node, cancellation),
  };
}

function answered(node: Node, before: NodeState, answer: GateAnswer): Told {
  const message = messageOf(before);
  if (message === null) return NOTHING;
  const decided = { nodeId: node.id, message, answer };
  if (node.kind === 'approval') {
    const rejections = before.status === 'waiting' ? before.rejections : undefined;
    const verdict = decideGate(node, answer, rejections);
    const count = node.onReject && answer.decision === 'reject' ? { rejections: (rejections ?? 0) + 1 } : {};
    return {
      decided: { ...decided, ...count },
      cancellation: verdict.kind === 'rejected' ? verdict.cancellation : null,
    };
  }
  const { decision, text, by } = answer;
  const isRejected = decision === 'reject';
  return {
    decided,
    cancellation: isRejected ? { by, reason: text || 'Rejected', nodeId: node.id } : null,
  };
}

function messageOf(gate: NodeState): string | null {
  if (gate.status === 'waiting') return gate.message;
  return gate.status === 'looping' && gate.phase.kind === 'asking' ? gate.phase.message : null;
}

/** The same, with the name that its node has one level further out. */
function outward<Named extends { readonly nodeId: NodeId | null }>(
  group: Node,
  named: Named | null,
): Named | null {
  const nodeId = named?.nodeId ?? null;
  if (named === null || nodeId === null) return named;
  return { ...named, nodeId: nameAt([{ nodeId: group.id, iteration: 0 }], nodeId) };
}
