import type { WorkflowDefinition } from '../definition/definition.js';
import type { ErrorCode } from '../errors.js';
import { INLINE_LIMIT_BYTES } from '../expression/output.js';
import { foreignGates } from '../subrun/child-gates.js';
import { labelsAt, namedChoices } from './decision-labels.js';
import { choicesAt, isShort } from './gate.js';
import { findNode, findState, runLevel } from './level.js';
import { delegatingNodes, isEnding, waitingGates, type OpenGate } from './run-status.js';
import type { NodeState, RunState } from './run-state.js';
import { isLoop } from './turns.js';

/** What somebody wants to answer. `nodeId` null: the one gate that waits. */
export interface AnswerRequest {
  readonly nodeId: string | null;
  readonly decision: string;
  readonly text: string | null;
}

export type AnswerCheck =
  | { readonly kind: 'accepted'; readonly gate: OpenGate }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

const NOT_WAITING: Readonly<Record<Exclude<NodeState['status'], 'kept' | 'completed'>, string>> = {
  pending: 'has not been reached yet',
  running: 'is not open',
  retrying: 'is not open',
  looping: 'is not open: it asks once its iteration, or the work on what was rejected, is over',
  delegating: 'is not open',
  waiting: 'is waiting',
  failed: 'has failed: it was not decided in time, or its message could not be made',
  skipped: 'was skipped',
  dropped: 'has ended with its run',
};

/**
 * Whether an answer can be taken now. Changes nothing, and a refusal says what could be answered instead:
 * `GATE_NOT_WAITING`, `GATE_AMBIGUOUS`, `DECISION_UNDECLARED`, `DECISION_ALREADY_MADE`, `MESSAGE_INVALID`.
 */
export function checkAnswer(
  definition: WorkflowDefinition,
  state: RunState,
  request: AnswerRequest,
): AnswerCheck {
  const gates = waitingGates(definition, state);
  if (request.nodeId !== null) {
    const gate = gates.find(({ name }) => name === request.nodeId);
    return gate ? checkAt(gate, request) : notWaiting(definition, state, request.nodeId);
  }
  const [only, ...others] = gates;
  if (!only) return noneWaits(state);
  if (others.length === 0) return checkAt(only, request);
  return refused('GATE_AMBIGUOUS', `${gates.length} gates wait. Say which one: ${listed(gates)}`);
}

function checkAt(gate: OpenGate, { decision, text }: AnswerRequest): AnswerCheck {
  const choices = choicesAt(gate.node);
  if (!choices.includes(decision)) {
    return refused(
      'DECISION_UNDECLARED',
      `gate '${gate.name}' does not know '${decision}'. Choose one of: ${choicesOf(gate)}`,
    );
  }
  if (!isShort(text)) {
    return refused(
      'MESSAGE_INVALID',
      `the text of the decision has more than ${INLINE_LIMIT_BYTES} bytes. Put it into a file and name that`,
    );
  }
  if (text?.includes('\0')) {
    return refused('MESSAGE_INVALID', 'the text of the decision has a NUL character. Take it out');
  }
  return { kind: 'accepted', gate };
}

function notWaiting(definition: WorkflowDefinition, state: RunState, nodeId: string): AnswerCheck {
  const node = findNode(definition, nodeId);
  const status = findState(runLevel(definition, state), nodeId)?.status ?? 'pending';
  const instead = hint(definition, state);
  if (!node) return refused('GATE_NOT_WAITING', `there is no node '${nodeId}'. ${instead}`);
  if (node.kind !== 'approval' && !(isLoop(node) && node.rules.isInteractive)) {
    return refused('GATE_NOT_WAITING', `node '${nodeId}' is no gate. ${instead}`);
  }
  if (status === 'completed' || status === 'kept') {
    return refused(
      'DECISION_ALREADY_MADE',
      `gate '${nodeId}' has been decided, and the first decision stands. ${instead}`,
    );
  }
  return refused('GATE_NOT_WAITING', `gate '${nodeId}' ${NOT_WAITING[status]}. ${instead}`);
}

function noneWaits(state: RunState): AnswerCheck {
  if (state.outcome || isEnding(state)) {
    return refused('GATE_NOT_WAITING', 'the run is over or being ended: no gate of it waits any more');
  }
  if (state.lastDecision) {
    return refused(
      'DECISION_ALREADY_MADE',
      `gate '${state.lastDecision.nodeId}' has been decided, and the first decision stands. No other gate waits`,
    );
  }
  return refused('GATE_NOT_WAITING', 'no gate of the run waits now. Look at signalbox status');
}

/** Gates of sub-runs are answered here, too. */
function hint(definition: WorkflowDefinition, state: RunState): string {
  const own = waitingGates(definition, state);
  const foreign = foreignGates(delegatingNodes(definition, state));
  if (own.length + foreign.length === 0) return 'No gate waits now';
  const others = foreign.map(({ address, gate }) => `${address} (${namedChoices(gate)})`);
  return `What waits: ${[...(own.length === 0 ? [] : [listed(own)]), ...others].join('; ')}`;
}

function listed(gates: readonly OpenGate[]): string {
  return gates.map((gate) => `${gate.name} (${choicesOf(gate)})`).join('; ');
}

function choicesOf({ node }: OpenGate): string {
  return namedChoices({ decisions: choicesAt(node), ...labelsAt(node) });
}

function refused(code: ErrorCode, message: string): AnswerCheck {
  return { kind: 'refused', code, message };
}
