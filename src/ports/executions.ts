/** A run's Temporal execution, as `describe` tells it. */
export interface ExecutionFacts {
  readonly temporalWorkflowId: string;
  readonly temporalRunId: string;
  readonly isOpen: boolean;
  /** `RUNNING`, `COMPLETED`, `TERMINATED` … */
  readonly statusName: string;
}

/** What the host asks of Temporal. */
export interface Executions {
  /** The current (open or last) execution under an ID; null: none is known. @throws RunError `TEMPORAL_UNREACHABLE` */
  describe(temporalWorkflowId: string): Promise<ExecutionFacts | null>;
}
