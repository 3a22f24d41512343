/** One execution of a workflow. */
export interface ExecutionName {
  readonly temporalWorkflowId: string;
  readonly temporalRunId: string;
}

/** A run's Temporal execution, as `describe` tells it. */
export interface ExecutionFacts extends ExecutionName {
  readonly isOpen: boolean;
  /** `RUNNING`, `COMPLETED`, `TERMINATED` … */
  readonly statusName: string;
}

/** An activity that an execution waits for. */
export interface OpenActivity {
  readonly activityId: string;
  /** Some worker has begun it, and has not told how it ended. */
  readonly isUnderWay: boolean;
  readonly isPaused: boolean;
  /** Who has begun it last; empty: nobody yet. */
  readonly lastWorkerIdentity: string;
}

/** An execution with what is open in it. */
export interface ExecutionDetails extends ExecutionFacts {
  /** The run that it is an execution of, as its memo says; null: it has no such memo. */
  readonly runId: string | null;
  readonly isPaused: boolean;
  /** Which try of its workflow task is due; 0: none is. A task that works needs one. */
  readonly workflowTaskAttempt: number;
  readonly openActivities: readonly OpenActivity[];
}

/** How an execution closed, as the last event of its history tells it. */
export interface ExecutionEnd {
  /** Identity of who terminated it: a claim; null: it was not terminated. */
  readonly by: string | null;
  /** The reason that was given for it, or the message of its failure; null: none. */
  readonly reason: string | null;
  /** What goes on in its place: continued as new, retried or reset. Null: nothing. */
  readonly successorRunId: string | null;
}

/** What the host asks of Temporal. */
export interface Executions {
  /** The current (open or last) execution under an ID; null: none is known. @throws RunError `TEMPORAL_UNREACHABLE` */
  describe(temporalWorkflowId: string): Promise<ExecutionFacts | null>;
  /**
   * Requests the cancellation of one execution, which may have been requested, or have closed, already.
   * @param reason shown in its history
   * @throws RunError `TEMPORAL_UNREACHABLE`
   */
  cancel(execution: ExecutionName, reason: string): Promise<void>;
}

/** What watching over executions asks of Temporal: a worker over those of its predecessor, the reconciler over all. */
export interface ExecutionWatch {
  /**
   * One execution, or the current one under the ID; null: none is known.
   * @param temporalRunId null: the current one
   * @throws RunError `TEMPORAL_UNREACHABLE`
   */
  inspect(temporalWorkflowId: string, temporalRunId: string | null): Promise<ExecutionDetails | null>;
  /** How a closed execution ended; null: its history is gone. @throws RunError `TEMPORAL_UNREACHABLE` */
  endOf(execution: ExecutionName): Promise<ExecutionEnd | null>;
  /** Open executions on a task queue, as a list that lags by seconds knows them. @throws RunError `TEMPORAL_UNREACHABLE` */
  openOn(taskQueue: string): Promise<readonly ExecutionName[]>;
  /**
   * Has the next workflow task offered to any worker, not first to the one that had the last: a dead one would
   * be waited for.
   * @throws RunError `TEMPORAL_UNREACHABLE`
   */
  forgetWorker(execution: ExecutionName): Promise<void>;
  /**
   * Fails an activity on behalf of a worker that is gone. One that has ended already stays as it is.
   * @param failure `type` is one of our codes
   * @throws RunError `TEMPORAL_UNREACHABLE`
   */
  failActivity(
    execution: ExecutionName,
    activityId: string,
    failure: { readonly type: string; readonly message: string },
  ): Promise<void>;
}
