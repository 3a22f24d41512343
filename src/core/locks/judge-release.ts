import type { ErrorCode } from '../errors.js';
import { leaseOf, runsOn, type PathFacts } from './path-facts.js';

export type ReleasePlan =
  | {
      readonly kind: 'release';
      /** False: on another machine, where nothing can be ended and nothing looked for. */
      readonly isProvable: boolean;
    }
  | { readonly kind: 'refuse'; readonly code: ErrorCode; readonly message: string };

/**
 * Whether a run may be released from a path.
 * - L1 Only a run of which something is left there is released, by its whole id.
 * - L2 What another Temporal has admitted is not ours to judge.
 * - L3 A machine that is alive releases its own runs: only there are processes ended, and found to be gone.
 * - L4 Where nothing can be proved, somebody has to insist.
 */
export function judgeRelease(facts: PathFacts, runId: string, isForced: boolean): ReleasePlan {
  const runs = runsOn(facts);
  if (!runs.includes(runId)) return runs.length === 0 ? nothing(facts) : notTheHolder(facts, runId);
  const foreign = facts.boxes.find((box) => box.runId === runId && !box.isOfThisTemporal);
  if (foreign !== undefined) return elsewhere(ofOtherTemporal(runId, foreign.temporalAddress));
  const isOwn = facts.rows.find((row) => row.runId === runId)?.isOwn ?? facts.place === 'here';
  switch (facts.place) {
    case 'here':
    case 'otherUser':
      return isOwn ? { kind: 'release', isProvable: true } : elsewhere(ofOtherUser(runId));
    case 'otherHost':
      return releaseAbroad(facts, runId, isForced);
  }
}

function releaseAbroad({ hostId, worker }: PathFacts, runId: string, isForced: boolean): ReleasePlan {
  if (worker.isHeard) {
    return elsewhere(
      `run ${runId} is on host ${hostId}, which is alive; end it with signalbox cancel ${runId}, or release it there`,
    );
  }
  if (isForced) return { kind: 'release', isProvable: false };
  return elsewhere(
    `run ${runId} is on host ${hostId}, which is silent: whether its processes are gone cannot be found out from here. If that machine is off for good: signalbox locks release ${runId} --force`,
  );
}

function ofOtherUser(runId: string): string {
  return `run ${runId} belongs to another user of this machine, whose processes are not yours to end; release it as that user`;
}

function ofOtherTemporal(runId: string, address: string | null): string {
  return `run ${runId} belongs to another Temporal${address === null ? '' : ` (${address})`}; release it with the signalbox that started it`;
}

function elsewhere(message: string): ReleasePlan {
  return { kind: 'refuse', code: 'RUN_ELSEWHERE', message };
}

function nothing({ workingPath, temporalWorkflowId }: PathFacts): ReleasePlan {
  const message = `nothing is left to release at ${workingPath ?? temporalWorkflowId}: no run is open there, and no box, process or open row of one is left`;
  return { kind: 'refuse', code: 'NOTHING_TO_RELEASE', message };
}

function notTheHolder(facts: PathFacts, runId: string): ReleasePlan {
  const [first] = runsOn(facts);
  const path = facts.workingPath ?? facts.temporalWorkflowId;
  const verb = leaseOf(facts) === null ? 'is what is left there' : 'holds it';
  const message = `nothing of run ${runId} is left at ${path}: run ${first ?? 'of nobody'} ${verb}; see signalbox locks show`;
  return { kind: 'refuse', code: 'NOT_THE_HOLDER', message };
}
