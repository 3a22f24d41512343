/** What the queue of a path has to know of its holder. */
export interface PathWatch {
  /**
   * Returns once no execution under the ID is open. Whatever follows under it, a continued, a reset or
   * another run, is waited for as well.
   * @param signal ends the wait with its reason
   * @throws RunError `TEMPORAL_UNREACHABLE`
   */
  untilFree(temporalWorkflowId: string, signal: AbortSignal): Promise<void>;
}
