import type { WaitingGate } from '../../contract/messages.js';
import { shortRunId } from '../../core/ids.js';
import { oneLine, shellWord } from './text.js';

/** What a person can type to answer a gate, one line per decision: `[label, command]`. */
export function answerCommands(
  runId: string,
  gate: WaitingGate,
  isOnlyGate: boolean,
): readonly (readonly [string, string])[] {
  const target = shortRunId(runId);
  const node = isOnlyGate ? '' : ` --node ${shellWord(gate.nodeId)}`;
  return gate.decisions.map((decision) =>
    decision === 'approve' || decision === 'reject'
      ? ([decision, `signalbox ${decision} ${target}${node}`] as const)
      : (['answer', `signalbox respond ${target} ${shellWord(decision)}${node}`] as const),
  );
}

/** What a paused run waits for, and the commands that answer. */
export function renderWaiting(runId: string, waiting: readonly WaitingGate[]): string {
  return waiting
    .flatMap((gate) => [
      `⏸ ${oneLine(gate.nodeId)} waits for a decision: ${oneLine(gate.message)}`,
      ...answerCommands(runId, gate, waiting.length === 1).map(
        ([label, command]) => `  ${label.padEnd(8)} ${command}`,
      ),
    ])
    .join('\n');
}
