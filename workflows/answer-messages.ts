import { defineQuery, defineSignal, defineUpdate, log, setHandler } from '@temporalio/workflow';
import { toFailure } from '../src/contract/failure.js';
import {
  MESSAGES,
  type CancelAnswer,
  type CancelMessage,
  type DecideAnswer,
  type DecideMessage,
  type RunDescription,
} from '../src/contract/messages.js';
import type { StartRequest } from '../src/contract/start-request.js';
import { RunError } from '../src/core/errors.js';
import { isJsonObject } from '../src/core/json.js';
import { checkAnswer } from '../src/core/run/check-answer.js';
import { toldFrom } from '../src/core/run/place.js';
import { waitingGates, type OpenGate } from '../src/core/run/run-status.js';
import { checkChildAnswer } from '../src/core/subrun/check-child-answer.js';
import type { ForeignGate } from '../src/core/subrun/child-gates.js';
import { describeState } from './describe-run.js';
import { gatesOfChildren, handDown, hearChildren } from './hear-children.js';
import { now, type LiveRun } from './live-run.js';

const DECIDE_HELP =
  'Decides a gate: {"nodeId": "…", "decision": "approve", "text": "…", "by": "…"}; nodeId may be left out while one gate waits';

/**
 * Installs everything that people and programs may say to a run. Refusals are free: validators make them.
 * @param onRefusedSignal a signal has no answer: told when one was refused
 */
export function answerMessages(
  run: LiveRun,
  request: StartRequest,
  startedAt: string,
  onRefusedSignal: () => void,
): void {
  hearChildren(run);
  const decide = refusing((message: DecideMessage): DecideAnswer => {
    const { gate, decision, text, by } = acceptDecision(run, message);
    if ('address' in gate) {
      handDown(run, gate, { decision, text, by });
      return { runId: request.runId, nodeId: gate.address, decision };
    }
    const recorded = message.isRecorded === true ? ({ isRecorded: true } as const) : {};
    const answer = { decision, text, by, ...recorded };
    run.apply(toldFrom(gate.place, { type: 'gateDecided', nodeId: gate.node.id, answer, at: now() }));
    return { runId: request.runId, nodeId: gate.name, decision };
  });
  setHandler(defineUpdate<DecideAnswer, [DecideMessage]>(MESSAGES.decideUpdate), decide, {
    validator: (message) => void refusing(acceptDecision.bind(null, run))(message),
    description: DECIDE_HELP,
  });
  setHandler(
    defineSignal<[DecideMessage]>(MESSAGES.decideSignal),
    (message) => {
      try {
        decide(message);
      } catch (error) {
        log.warn('a decision was refused', { reason: String(error) });
        onRefusedSignal();
      }
    },
    { description: DECIDE_HELP },
  );
  setHandler(
    defineUpdate<CancelAnswer, [CancelMessage | undefined]>(MESSAGES.cancelUpdate),
    (message) => {
      const { by, reason } = readCancel(message);
      return { runId: request.runId, isFirst: run.cancel(by, reason) };
    },
    {
      validator: refusing((message) => {
        if (run.state.outcome !== null) throw new RunError('RUN_CLOSED', `run ${request.runId} is over`);
        readCancel(message);
      }),
      description: 'Cancels the run and waits for its processes: {"by": "…", "reason": "…"}',
    },
  );
  setHandler(
    defineQuery<RunDescription>(MESSAGES.describeQuery),
    () => describeState(run.definition, run.state, request, startedAt),
    { description: 'What the run does now, node by node' },
  );
}

/** Refusals as Temporal's failures: of anything else it would think that the run itself has failed. */
function refusing<Message, Answer>(answer: (message: Message) => Answer): (message: Message) => Answer {
  return (message) => {
    try {
      return answer(message);
    } catch (error) {
      throw error instanceof RunError ? toFailure(error) : error;
    }
  };
}

interface AcceptedDecision {
  readonly gate: OpenGate | ForeignGate;
  readonly decision: string;
  readonly text: string | null;
  readonly by: string | null;
}

/** @throws RunError why it cannot be taken */
function acceptDecision(run: LiveRun, message: unknown): AcceptedDecision {
  if (!isJsonObject(message) || typeof message['decision'] !== 'string') {
    throw new RunError('USAGE', `a decision is an object with a text called decision. ${DECIDE_HELP}`);
  }
  const decision = message['decision'];
  const text = textOrNull(message, 'text');
  const by = textOrNull(message, 'by');
  const answer = { nodeId: textOrNull(message, 'nodeId'), decision, text };
  const ownGates = waitingGates(run.definition, run.state).length;
  const meant = checkChildAnswer(gatesOfChildren(run), ownGates, answer);
  const check = meant.kind === 'own' ? checkAnswer(run.definition, run.state, answer) : meant;
  if (check.kind === 'refused') throw new RunError(check.code, check.message);
  return { gate: check.gate, decision, text, by };
}

function readCancel(message: unknown): { readonly by: string | null; readonly reason: string | null } {
  if (message === undefined || message === null) return { by: null, reason: null };
  if (!isJsonObject(message))
    throw new RunError('USAGE', 'a cancel message is an object: {"by": "…", "reason": "…"}');
  return { by: textOrNull(message, 'by'), reason: textOrNull(message, 'reason') };
}

function textOrNull(message: Readonly<Record<string, unknown>>, key: string): string | null {
  const value = message[key];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new RunError('USAGE', `${key} is no text`);
  return value;
}
