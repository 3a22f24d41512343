import type { RunId } from '../ids.js';
import type { Trouble } from './trouble.js';

/** A run's execution as Temporal tells it. */
export interface SeenExecution {
  readonly temporalRunId: string;
  /** The run that it is an execution of, as its memo says. */
  readonly runId: string | null;
  readonly isOpen: boolean;
  /** `RUNNING`, `PAUSED`, `COMPLETED`, `TERMINATED` … */
  readonly statusName: string;
  readonly isPaused: boolean;
  readonly workflowTaskAttempt: number;
  readonly openActivities: readonly { readonly activityId: string; readonly isPaused: boolean }[];
}

/** How a closed execution ended; nulls: its history does not tell. */
export interface SeenEnd {
  readonly by: string | null;
  readonly reason: string | null;
}

/** What is known of a run whose row says that it is open. */
export interface RunFacts {
  readonly runId: RunId;
  /** The last execution of the run; null: Temporal knows none any more. */
  readonly execution: SeenExecution | null;
  /** Of a closed execution. */
  readonly end: SeenEnd | null;
  /** A child of the closed run is still writing its mirror. */
  readonly isMirrorOpen: boolean;
}

/** How a run ended that could not write so itself. */
export interface RunEnding {
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** Who ended it: a claim; null: nobody, or nobody knows. */
  readonly by: string | null;
  /** What happened, for people. */
  readonly reason: string;
}

export type Verdict =
  /** The run is open, or its end is being written. */
  | { readonly kind: 'goesOn'; readonly troubles: readonly Trouble[] }
  /** The run is over, and its row will never say so by itself. */
  | { readonly kind: 'ended'; readonly ending: RunEnding };

/** A workflow task that works is done at its first try, one that a dead worker had at its second. */
const STUCK_ATTEMPT = 4;

/** What must be done about a run, from what Temporal says of it. Pure and total. */
export function judgeRun({ execution, end, isMirrorOpen }: RunFacts): Verdict {
  if (execution === null) return ended('cancelled', null, 'Temporal does not know its execution any more');
  if (execution.isOpen) return { kind: 'goesOn', troubles: troublesOf(execution) };
  if (isMirrorOpen && WRITES_ITS_END.includes(execution.statusName)) return { kind: 'goesOn', troubles: [] };
  return endedAs(execution.statusName, end ?? { by: null, reason: null });
}

/** Of an execution that closed by itself: it has written its end, or has left that to a child. */
const WRITES_ITS_END: readonly string[] = ['COMPLETED', 'FAILED', 'CANCELLED'];

function endedAs(statusName: string, { by, reason }: SeenEnd): Verdict {
  const because = reason === null ? '' : `: ${reason}`;
  switch (statusName) {
    case 'TERMINATED':
      return ended('cancelled', by, `terminated in Temporal${because}`);
    case 'TIMED_OUT':
      return ended('failed', null, 'its Temporal execution has timed out');
    case 'CONTINUED_AS_NEW':
      return ended('cancelled', null, 'Temporal does not know the execution that went on with it any more');
    case 'COMPLETED':
      return ended('completed', null, 'the run has completed');
    case 'FAILED':
      return ended('failed', null, reason ?? 'the run has failed');
    default:
      return ended('cancelled', by, `cancelled in Temporal${because}`);
  }
}

function ended(status: RunEnding['status'], by: string | null, reason: string): Verdict {
  return { kind: 'ended', ending: { status, by, reason } };
}

function troublesOf({ isPaused, workflowTaskAttempt, openActivities }: SeenExecution): readonly Trouble[] {
  const troubles: Trouble[] = [];
  if (isPaused) {
    troubles.push({ kind: 'run_paused', text: 'somebody has paused the run in Temporal; unpause it there' });
  }
  if (workflowTaskAttempt >= STUCK_ATTEMPT) {
    troubles.push({
      kind: 'workflow_task_stuck',
      text: 'its workflow task fails again and again, so nothing of it goes on; see the reason in the Web UI, then update the worker, or cancel or reset the run',
    });
  }
  for (const { activityId } of openActivities.filter((activity) => activity.isPaused)) {
    troubles.push({
      kind: 'activity_paused',
      text: `somebody has paused ${activityId} in Temporal; unpause it there to run it again`,
    });
  }
  return troubles;
}
