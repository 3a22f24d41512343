import { takeOversOf } from './checkers/progress.js';
import { groupBy } from './evidence.js';
import type { ChaosResult } from './perform.js';

/** What happened, for people: figures, findings, and how to see it again. */
export function report(
  { violations, evidence, faults, scene }: ChaosResult,
  seed: number,
  minutes: number,
): string {
  const answers = groupBy(evidence.calls, ({ answer }) => answer.kind);
  const count = (kind: string): number => answers.get(kind)?.length ?? 0;
  const takeOvers = takeOversOf(evidence)
    .filter(({ isCutShort }) => !isCutShort)
    .map(({ waitedMs }) => waitedMs)
    .sort((a, b) => a - b);
  const at = (share: number): string =>
    `${Math.round(takeOvers[Math.min(takeOvers.length - 1, Math.floor(share * takeOvers.length))] ?? 0)} ms`;
  const lines = [
    `seed ${seed}, ${minutes} minutes`,
    `starts: ${count('started')} began, ${count('busy')} were refused or attached, ${count('queued')} waited, ${count('unanswered')} got no answer`,
    `faults: ${[...faults].map(([kind, times]) => `${kind} ${times}`).join(' · ')}`,
    `start to first node: median ${at(0.5)}, 95 % ${at(0.95)}, longest ${at(1)}`,
    `violations: ${violations.length}`,
    ...violations
      .slice(0, 40)
      .map(
        ({ invariant, what, at: when }) =>
          `  ${invariant} ${when === null ? '' : `at ${(when / 1000).toFixed(3)} `}${what}`,
      ),
  ];
  if (violations.length > 0) {
    lines.push(
      `evidence: ${scene.directory}`,
      `again:    npm run chaos -- --seed ${seed} --minutes ${minutes}`,
    );
  }
  return lines.join('\n');
}
