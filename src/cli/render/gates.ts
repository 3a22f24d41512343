import type { WaitingGate } from '../../contract/messages.js';
import { shortRunId } from '../../core/ids.js';
import { labelOf } from '../../core/run/decision-labels.js';
import { indented, oneLine, shellWord } from './text.js';

/** What a person can type to answer a gate, one line per decision: `[label, command]`. */
export function answerCommands(
  runId: string,
  gate: WaitingGate,
  isOnlyGate: boolean,
): readonly (readonly [string, string])[] {
  const target = shortRunId(runId);
  const node = isOnlyGate ? '' : ` --node ${shellWord(gate.nodeId)}`;
  return gate.decisions.map((decision) => {
    const label = labelOf(gate, decision);
    // A comment: the whole line can be pasted into a shell.
    const called = label === null ? '' : `  # ${oneLine(label)}`;
    return decision === 'approve' || decision === 'reject'
      ? ([decision, `signalbox ${decision} ${target}${node}${called}`] as const)
      : (['answer', `signalbox respond ${target} ${shellWord(decision)}${node}${called}`] as const);
  });
}

/** In its lines where it has several: a plan is read, not only recognised. */
function question(message: string): string {
  const text = message.trim();
  return text.includes('\n') ? `\n${indented(text, '    ')}` : ` ${oneLine(text, 2_000)}`;
}

/** What a paused run waits for, and the commands that answer. */
export function renderWaiting(runId: string, waiting: readonly WaitingGate[]): string {
  return waiting
    .flatMap((gate) => [
      `⏸ ${oneLine(gate.nodeId)} waits for a decision:${question(gate.message)}`,
      ...answerCommands(runId, gate, waiting.length === 1).map(
        ([label, command]) => `  ${label.padEnd(8)} ${command}`,
      ),
    ])
    .join('\n');
}
