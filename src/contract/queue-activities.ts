/**
 * Activities on the shared task queue, for what belongs to no machine.
 * `watchPath`: returns once no execution under the ID is open, however the last one closed. It waits for
 * Temporal's word and asks nothing of the holder.
 */
export interface QueueActivities {
  watchPath(input: WatchPathInput): Promise<void>;
}

export interface WatchPathInput {
  /** The ID that is the lease on the path. */
  readonly temporalWorkflowId: string;
}
