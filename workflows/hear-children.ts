import { defineSignal, getExternalWorkflowHandle, log, setHandler } from '@temporalio/workflow';
import { MESSAGES, type ChildMessage, type DecideMessage } from '../src/contract/messages.js';
import type { RunId } from '../src/core/ids.js';
import { isJsonObject } from '../src/core/json.js';
import { readLabels } from '../src/core/run/decision-labels.js';
import { excerptOf } from '../src/core/run/excerpt.js';
import { delegatingNodes } from '../src/core/run/run-status.js';
import { findOpenChild, foreignGates, type ForeignGate } from '../src/core/subrun/child-gates.js';
import type { ChildGate } from '../src/core/subrun/subruns.js';
import { now, type LiveRun } from './live-run.js';

/** It stands in the parent's history, row and details, too. */
const MESSAGE_CHARACTERS = 2_000;

/** Lets sub-runs tell what they wait for. What is malformed, or comes from a stranger, is logged, and ignored. */
export function hearChildren(run: LiveRun): void {
  setHandler(
    defineSignal<[unknown]>(MESSAGES.childSignal),
    (value) => {
      const message = readReport(value);
      const child = message && findOpenChild(delegatingNodes(run.definition, run.state), message.runId);
      if (!message || !child) {
        log.warn('a report of no sub-run of this run was ignored');
        return;
      }
      run.apply({ type: 'childReported', nodeId: child.nodeId, ...message, at: now() });
    },
    { description: 'A sub-run says what it waits for. Sent by sub-runs; to decide, send decide' },
  );
}

export function gatesOfChildren(run: LiveRun): readonly ForeignGate[] {
  return foreignGates(delegatingNodes(run.definition, run.state));
}

/** Gives a decision to the sub-run whose gate waits; what it makes of it, it reports. */
export function handDown(
  run: LiveRun,
  { nodeId, index, temporalWorkflowId, gate }: ForeignGate,
  { decision, text, by }: Pick<DecideMessage, 'decision' | 'text' | 'by'>,
): void {
  run.apply({ type: 'childDecided', nodeId, index, gateId: gate.nodeId, at: now() });
  const message: DecideMessage = { nodeId: gate.nodeId, decision, text: text ?? null, by: by ?? null };
  getExternalWorkflowHandle(temporalWorkflowId)
    .signal(MESSAGES.decideSignal, message)
    .catch((error: unknown) => {
      log.warn('a decision did not reach its sub-run, which has ended', { reason: String(error) });
    });
}

function readReport(value: unknown): ChildMessage | null {
  const { runId, isPaused, gates, endedBy } = isJsonObject(value) ? value : {};
  if (typeof runId !== 'string' || !Array.isArray(gates)) return null;
  const read = gates.flatMap((gate) => readGate(gate) ?? []);
  if (read.length < gates.length) return null;
  const end = typeof endedBy === 'string' ? { endedBy: excerptOf(endedBy, MESSAGE_CHARACTERS) } : {};
  return { runId: runId as RunId, isPaused: isPaused === true, gates: read, ...end };
}

function readGate(value: unknown): ChildGate | null {
  const { nodeId, message, decisions, labels, openedAt } = isJsonObject(value) ? value : {};
  if (typeof nodeId !== 'string' || typeof message !== 'string' || typeof openedAt !== 'string') return null;
  if (!Array.isArray(decisions) || !decisions.every((one) => typeof one === 'string')) return null;
  return {
    nodeId,
    message: excerptOf(message, MESSAGE_CHARACTERS),
    decisions,
    ...readLabels(labels),
    openedAt,
  };
}
