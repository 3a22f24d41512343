import { defineQuery, defineSignal, defineUpdate, log, setHandler } from '@temporalio/workflow';
import {
  MESSAGES,
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
import { answerCancel } from './answer-cancel.js';
import { describeState } from './describe-run.js';
import { gatesOfChildren, handDown, hearChildren } from './hear-children.js';
import { now, type LiveRun } from './live-run.js';
import { refusing, textOrNull } from './read-message.js';

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
  answerCancel(run, request);
  setHandler(
    defineQuery<RunDescription>(MESSAGES.describeQuery),
    () => describeState(run.definition, run.state, request, startedAt),
    { description: 'What the run does now, node by node' },
  );
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
