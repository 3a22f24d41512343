import type { Evidence, Violation } from '../evidence.js';
import { checkAdmission } from './admission.js';
import { checkEndedRuns } from './ended-runs.js';
import { checkEpochs } from './epochs.js';
import { checkExclusion } from './exclusion.js';
import { checkFences } from './fences.js';
import { checkGitHistory } from './git-history.js';
import { checkProgress, takeOversOf } from './progress.js';
import { checkRemains } from './remains.js';

/** Longest time from an undisturbed start to its first node: what guarantees.md promises. */
export const FIRST_NODE_WITHIN_MS = 15_000;

/** Everything in which the promise was broken, each once. */
export function judge(evidence: Evidence): Violation[] {
  const { records, sightings, calls, holds, rows, marks, owners, commits, remains, revived } = evidence;
  const violations = [
    ...checkExclusion(records, sightings, revived),
    ...checkFences(records, owners),
    ...checkEpochs(marks),
    ...checkEndedRuns(rows, sightings, records),
    ...checkAdmission(calls, holds),
    ...checkProgress(takeOversOf(evidence), FIRST_NODE_WITHIN_MS),
    ...checkRemains(remains),
    ...checkGitHistory(commits, revived),
  ];
  return [...new Map(violations.map((violation) => [violation.what, violation])).values()];
}
