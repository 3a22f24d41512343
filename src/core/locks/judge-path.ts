import type { TroubleKind } from '../reconcile/trouble.js';
import { shortRunId } from '../ids.js';
import {
  isOpenRow,
  leaseOf,
  runsOn,
  type PathBox,
  type PathExecution,
  type PathFacts,
  type PathRow,
} from './path-facts.js';

export type DisagreementKind =
  | 'box_of_other_temporal'
  | 'box_under_other_name'
  | 'box_fallen'
  | 'box_left_over'
  | 'box_without_run'
  | 'row_left_open'
  | 'row_missing'
  | 'row_closed'
  | 'execution_unknown'
  | 'processes_without_box'
  | TroubleKind;

/** Where the layers of a path do not say the same. */
export interface Disagreement {
  readonly kind: DisagreementKind;
  /** What there is, for people. */
  readonly text: string;
  /** What happens next, or what helps; empty: the text says it. */
  readonly next: string;
}

export interface PathVerdict {
  /**
   * held: a run is open there, or works in the directory for another Temporal or under another name · leftover:
   * none is, and something is left of one · free: nothing is.
   */
  readonly kind: 'held' | 'leftover' | 'free';
  /** The run that holds the path, else the first of which something is left. */
  readonly runId: string | null;
  readonly workflow: string | null;
  readonly disagreements: readonly Disagreement[];
}

/** What follows from the layers of a path. Pure and total. */
export function judgePath(facts: PathFacts): PathVerdict {
  const lease = leaseOf(facts);
  const stranger = facts.boxes.find((box) => box.init !== null && isStranger(box));
  const left = stranger?.runId ?? runsOn(facts)[0] ?? null;
  const runId = lease === null ? left : lease.runId;
  const isHeld = lease !== null || stranger !== undefined;
  return {
    kind: isHeld ? 'held' : left === null ? 'free' : 'leftover',
    runId,
    workflow: facts.rows.find((row) => row.runId === runId)?.workflow ?? null,
    disagreements: [
      ...(lease === null ? [] : aboutLease(facts, lease)),
      ...facts.boxes.flatMap((box) => aboutBox(facts, box)),
      ...facts.rows.flatMap((row) => aboutRow(facts, row)),
      ...aboutStrays(facts),
      ...(lease === null ? [] : lease.troubles.map(({ kind, text }) => ({ kind, text, next: '' }))),
      ...aboutSilence(facts, lease),
    ],
  };
}

/** Whether a box is none of those that the path's lease is about. */
function isStranger({ isUnderOtherName, isOfThisTemporal }: PathBox): boolean {
  return isUnderOtherName || !isOfThisTemporal;
}

function aboutLease({ rows }: PathFacts, { runId }: PathExecution): readonly Disagreement[] {
  if (runId === null) {
    const text = 'an execution that signalbox did not start holds the ID';
    return [{ kind: 'execution_unknown', text, next: 'terminate it in Temporal' }];
  }
  const row = rows.find((one) => one.runId === runId);
  if (row === undefined) {
    const next = 'it is written with the first node, or the run ends within a minute';
    return [{ kind: 'row_missing', text: 'execution without a row', next }];
  }
  if (isOpenRow(row)) return [];
  const text = `row ${row.status}, execution open`;
  return [{ kind: 'row_closed', text, next: 'the run is told, or its row follows with its next write' }];
}

function aboutBox(facts: PathFacts, box: PathBox): readonly Disagreement[] {
  const lease = leaseOf(facts);
  if (!box.isOfThisTemporal) {
    const at = box.temporalAddress === null ? '' : ` (${box.temporalAddress})`;
    const text = `box of run ${shortRunId(box.runId)} of another Temporal${at}`;
    return [{ kind: 'box_of_other_temporal', text, next: 'look at it with the signalbox that started it' }];
  }
  if (box.isUnderOtherName) return [underOtherName(box)];
  if (lease !== null && lease.runId === box.runId) return box.init === null ? [fallen(facts)] : [];
  return [lease === null ? leftAlone(facts, box) : leftBeside(box, lease)];
}

/** One directory may have two paths, each with a lease of its own: the lock tells them to be one. */
function underOtherName({ workingPath, runId }: PathBox): Disagreement {
  const name = workingPath === null ? 'under another name' : `as ${workingPath}`;
  const text = `the same directory is in use ${name}, by run ${shortRunId(runId)}`;
  return { kind: 'box_under_other_name', text, next: `see signalbox locks show ${runId}` };
}

function fallen({ worker }: PathFacts): Disagreement {
  const next = worker.isHeard ? 'its next node opens another' : 'another is opened when a worker is back';
  return { kind: 'box_fallen', text: 'its box has fallen', next };
}

function leftBeside(box: PathBox, { runId }: PathExecution): Disagreement {
  const text = `box of run ${shortRunId(box.runId)}, which is over`;
  const next = `it is closed before the first node of ${runId === null ? 'another' : shortRunId(runId)}`;
  return { kind: 'box_left_over', text, next };
}

function leftAlone(facts: PathFacts, box: PathBox): Disagreement {
  const { rows, execution, worker } = facts;
  const row = rows.find((one) => one.runId === box.runId);
  if (row === undefined && execution?.runId !== box.runId) {
    const next = worker.isHeard ? "evicted at the worker's next round" : evictedLater(box.runId);
    return { kind: 'box_without_run', text: 'box without a run', next };
  }
  const then = row !== undefined && isOpenRow(row) ? ', then its row is written' : '';
  const next = worker.isHeard ? `its box is closed within 10 s${then}` : evictedLater(box.runId);
  return { kind: 'box_left_over', text: howItEnded(facts, box.runId), next };
}

function evictedLater(runId: string): string {
  return `its box is closed when a worker is back, or now by signalbox locks release ${runId}`;
}

function howItEnded({ execution }: PathFacts, runId: string): string {
  if (execution?.runId !== runId) return 'execution gone';
  const words = execution.statusName.toLowerCase().replaceAll('_', ' ');
  return `${words} in Temporal`;
}

/** What is said of a box that is left is said of its row, too. */
function aboutRow(facts: PathFacts, row: PathRow): readonly Disagreement[] {
  const { boxes, worker } = facts;
  const isToldOf = boxes.some(({ runId, isOfThisTemporal }) => isOfThisTemporal && runId === row.runId);
  if (!isOpenRow(row) || leaseOf(facts)?.runId === row.runId || isToldOf) return [];
  const ended = howItEnded(facts, row.runId);
  const text = `row ${row.status}, ${ended}`;
  const next = worker.isHeard
    ? 'its row says so within 10 s'
    : `its row says so when a worker of its host is back, or after signalbox locks release ${row.runId}${forceWord(facts)}`;
  return [{ kind: 'row_left_open', text, next }];
}

function forceWord({ place }: PathFacts): string {
  return place === 'otherHost' ? ' --force' : '';
}

function aboutStrays(facts: PathFacts): readonly Disagreement[] {
  const lease = leaseOf(facts);
  return facts.strays.map(({ runId, processes }) => {
    const text = `processes of run ${shortRunId(runId)} without a box: ${processes.map(({ pid }) => pid).join(', ')}`;
    const next =
      lease?.runId === runId
        ? 'ended before its next node begins'
        : `end them by signalbox locks release ${runId}`;
    return { kind: 'processes_without_box', text, next };
  });
}

function aboutSilence(facts: PathFacts, lease: PathExecution | null): readonly Disagreement[] {
  const { worker, place, hostId } = facts;
  if (worker.isHeard || lease === null) return [];
  const since = worker.lastSeen === null ? '' : ` since ${worker.lastSeen}`;
  const host = place === 'otherHost' ? `host ${hostId}` : place === 'here' ? 'worker' : 'its worker';
  const lost =
    place === 'otherHost' && lease.runId !== null
      ? `; if its host never is: signalbox locks release ${lease.runId} --force`
      : '';
  return [
    {
      kind: 'host_silent',
      text: `${host} silent${since}`,
      next: `the run goes on when a worker is back${lost}`,
    },
  ];
}
