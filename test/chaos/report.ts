import { handOversOf, takeOversOf } from './checkers/progress.js';
import { groupBy } from './evidence.js';
import type { ChaosResult } from './perform.js';

/** What happened, for people: figures, findings, and how to see it again. */
export function report(result: ChaosResult, seed: number, minutes: number): string {
  const { violations, evidence, faults, levels, scene } = result;
  const takeOvers = takeOversOf(evidence).filter(({ isCutShort }) => !isCutShort);
  const count = (kinds: readonly string[]): string =>
    [...groupBy(kinds, (kind) => kind)].map(([kind, all]) => `${kind} ${all.length}`).join(' · ');
  const lines = [
    `seed ${seed}, ${minutes} minutes, containment level ${levels.join(', ')}`,
    `starts:     ${count(evidence.calls.map(({ answer }) => answer.kind))}`,
    `no answer:  ${count(evidence.calls.flatMap(({ answer }) => (answer.kind === 'unanswered' ? [answer.code] : [])))}`,
    `executions: ${count(evidence.holds.map(({ ended }) => ended ?? 'DELETED'))}`,
    `faults:     ${[...faults].map(([kind, times]) => `${kind} ${times}`).join(' · ')}`,
    `start to first node: ${spread(takeOvers.map(({ waitedMs }) => waitedMs))}`,
    `hand-over in the queue: ${spread(handOversOf(evidence.calls, evidence.holds))}`,
    `violations: ${violations.length}`,
    ...violations
      .slice(0, 40)
      .map(({ invariant, what, at }) => `  ${invariant}${at === null ? '' : ` at ${seconds(at)}`} ${what}`),
  ];
  if (violations.length > 0) {
    lines.push(`evidence:   ${scene.directory}`);
    lines.push(`again:      npm run chaos -- --seed ${seed} --minutes ${minutes}`);
  }
  return lines.join('\n');
}

const seconds = (at: number): string => (at / 1000).toFixed(3);

function spread(times: readonly number[]): string {
  const inOrder = [...times].sort((a, b) => a - b);
  const at = (share: number): string =>
    `${Math.round(inOrder[Math.min(inOrder.length - 1, Math.floor(share * inOrder.length))] ?? 0)} ms`;
  return inOrder.length === 0
    ? 'none'
    : `median ${at(0.5)}, 95 % ${at(0.95)}, longest ${at(1)}, of ${inOrder.length}`;
}
