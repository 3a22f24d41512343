import type { WaitingGate } from '../../contract/messages.js';
import { RunError } from '../../core/errors.js';
import type { RunId } from '../../core/ids.js';
import { labelOf } from '../../core/run/decision-labels.js';
import type { Orchestrator } from '../../client/orchestrator.js';
import type { CliContext } from '../context.js';
import { indented, oneLine } from '../render/text.js';

interface Question {
  readonly context: CliContext;
  readonly orchestrator: Orchestrator;
  readonly runId: RunId;
  readonly gate: WaitingGate;
}

/** Aborts a question that somebody else has answered meanwhile. */
class AnsweredElsewhere extends Error {
  override readonly name = 'AnsweredElsewhere';
}

/**
 * Asks the person at the terminal what a gate asks, and takes the answer to the run.
 * @returns `left open` when the person has nothing more to say
 * @throws the signal's reason
 */
export async function askGate(question: Question, signal: AbortSignal): Promise<'answered' | 'left open'> {
  const { context, orchestrator, runId, gate } = question;
  const elsewhere = new AbortController();
  const either = AbortSignal.any([signal, elsewhere.signal]);
  const watching = watchForAnswer(question, either, () => elsewhere.abort(new AnsweredElsewhere()));
  try {
    context.err.write(`\n⏸ ${oneLine(gate.nodeId)} asks:\n${indented(gate.message, '  ')}\n`);
    const decision = await askDecision(context, gate, either);
    if (decision === null) return 'left open';
    const text = (await context.terminal.ask('  comment (may be empty): ', either)) ?? '';
    await orchestrator.decide(runId, {
      nodeId: gate.nodeId,
      decision,
      by: context.caller.name,
      ...(text === '' ? {} : { text }),
    });
    return 'answered';
  } catch (error) {
    signal.throwIfAborted();
    if (!isAnswered(error)) throw error;
    context.err.write('  (answered elsewhere)\n');
    return 'answered';
  } finally {
    elsewhere.abort(new AnsweredElsewhere());
    await watching;
  }
}

const isAnswered = (error: unknown): boolean =>
  error instanceof AnsweredElsewhere ||
  (error instanceof RunError &&
    ['DECISION_ALREADY_MADE', 'GATE_NOT_WAITING', 'RUN_CLOSED'].includes(error.code));

async function askDecision(
  context: CliContext,
  gate: WaitingGate,
  signal: AbortSignal,
): Promise<string | null> {
  const prompt = `  ${gate.decisions.map((decision) => choice(gate, decision)).join(' / ')}: `;
  for (;;) {
    const line = await context.terminal.ask(prompt, signal);
    if (line === null) return null;
    const decision = meant(line.trim(), gate.decisions);
    if (decision !== null) return decision;
    context.err.write(`  please answer one of: ${gate.decisions.join(', ')} (Ctrl-D leaves it open)\n`);
  }
}

/** `later (Next week)` */
function choice(gate: WaitingGate, decision: string): string {
  const label = labelOf(gate, decision);
  return label === null ? oneLine(decision) : `${oneLine(decision)} (${oneLine(label)})`;
}

/** A decision by its name or a beginning that only it has. */
function meant(typed: string, decisions: readonly string[]): string | null {
  if (decisions.includes(typed)) return typed;
  const candidates = typed === '' ? [] : decisions.filter((decision) => decision.startsWith(typed));
  return candidates.length === 1 ? (candidates[0] ?? null) : null;
}

/** Tells when the gate is decided, or the run over, while the person still thinks. */
async function watchForAnswer(
  { orchestrator, runId, gate }: Question,
  signal: AbortSignal,
  onAnswer: () => void,
): Promise<void> {
  try {
    await orchestrator.follow(runId, {
      signal,
      onEvent: (event) => {
        const isLater = event.createdAt >= gate.openedAt;
        if (event.eventType === 'approval_received' && event.nodeName === gate.nodeId && isLater) onAnswer();
      },
    });
    onAnswer();
  } catch {
    // Aborted, or the way to the run is lost: then the answer itself will tell.
  }
}
