/** The run of another Temporal whose box was found deserted, as its owner record names it. */
export interface TakenOver {
  readonly runId: string;
  readonly temporalWorkflowId: string;
  readonly temporalAddress: string;
  readonly temporalNamespaceId: string;
  /** When its box was opened, ISO-8601 UTC. */
  readonly since: string;
}

/** What people are told of it. */
export function phraseTakeOver({ runId, temporalAddress, temporalNamespaceId, since }: TakenOver): string {
  return `the working path was taken over from run ${runId} of another Temporal (${temporalAddress}, namespace ${temporalNamespaceId}), which has worked there since ${since}, has not said that it ended, and has no living process here`;
}
