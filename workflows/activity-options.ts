import {
  ActivityCancellationType,
  type ActivityOptions,
  type LocalActivityOptions,
} from '@temporalio/workflow';

/** How long the mirror may keep a run from beginning, and from closing. */
export const MIRROR_PATIENCE_MS = 60_000;

const LONGEST_TIMEOUT_MS = 365 * 24 * 3_600_000;

/** For calls that are cheap to repeat, and whose table or disk may be back any moment. */
const SHORT_PAUSES = { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' } as const;

/** Inside the workflow task that begins the run, which saves a round trip (decision 0004). */
export const OPEN_RUN_AT_ONCE: LocalActivityOptions = {
  summary: 'open the run',
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
};

/** The first write: a run that cannot have a row within a minute holds no path. */
export const OPEN_RUN: ActivityOptions = {
  activityId: '~open',
  summary: 'open the run',
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: MIRROR_PATIENCE_MS,
  retry: SHORT_PAUSES,
};

/** A write of the lane waits for its table for as long as it takes. */
export const WRITE_MIRROR: ActivityOptions = {
  summary: 'write the mirror',
  startToCloseTimeout: '10s',
  retry: SHORT_PAUSES,
};

/** Closing repeats until the processes are gone: a run never closes on hope. */
export const CLOSE_RUN: ActivityOptions = {
  activityId: '~close',
  summary: 'end every process, write the end',
  startToCloseTimeout: '5m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
};

export const FIND_EVIDENCE: ActivityOptions = {
  summary: 'look for evidence',
  startToCloseTimeout: '1m',
  retry: SHORT_PAUSES,
};

export const FIND_SIGNAL: ActivityOptions = {
  summary: 'look for the signal of a loop',
  startToCloseTimeout: '1m',
  retry: SHORT_PAUSES,
};

/** What a list of sub-runs is made of, and what became of it, is read and written on the host. */
export const PLAN_CHILDREN: ActivityOptions = {
  summary: 'plan sub-runs',
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '5m',
  retry: SHORT_PAUSES,
};

export const JOIN_CHILDREN: ActivityOptions = { ...PLAN_CHILDREN, summary: 'join what sub-runs gave out' };

/** Fetching and checking out take what they take; whoever cannot wait cancels the run. */
export const MAKE_WORKTREE: ActivityOptions = {
  activityId: '~worktree',
  summary: 'make the worktree',
  startToCloseTimeout: '1h',
  scheduleToCloseTimeout: '2h',
  heartbeatTimeout: '30s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: SHORT_PAUSES,
};

export const KEEP_ARTIFACT: ActivityOptions = {
  summary: 'keep an artifact',
  startToCloseTimeout: '1m',
  retry: SHORT_PAUSES,
};

export const STORE_OUTPUTS: ActivityOptions = {
  summary: 'move large outputs to files',
  startToCloseTimeout: '1m',
  retry: SHORT_PAUSES,
};

/** Read-only, and as long as the path is held: another worker takes it over within seconds. */
export const WATCH_PATH: ActivityOptions = {
  summary: 'wait until nobody holds the path',
  startToCloseTimeout: LONGEST_TIMEOUT_MS,
  heartbeatTimeout: '5s',
  retry: SHORT_PAUSES,
};

/** A host that is away does not keep a ticket open for long. */
export const REMOVE_ENVIRONMENT: ActivityOptions = {
  summary: 'remove the environment that the client left',
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '30s',
  retry: SHORT_PAUSES,
};

/**
 * One attempt of a node. Retries belong to `core/run/retry`, so that every attempt is an event. Its time is limited by
 * the host, which does not count what it waits for a permit; heartbeats tell whether the host is there.
 */
export function nodeAttempt(options: {
  readonly activityId: string;
  readonly summary: string;
  readonly heartbeatTimeoutMs: number;
}): ActivityOptions {
  const { activityId, summary, heartbeatTimeoutMs } = options;
  return {
    activityId,
    summary,
    startToCloseTimeout: LONGEST_TIMEOUT_MS,
    heartbeatTimeout: heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: 1 },
  };
}
