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
