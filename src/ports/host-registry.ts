/** A worker process that serves the runs of one user on one machine. */
export interface ServingWorker {
  readonly hostId: string;
  /** Of this start of the machine. */
  readonly bootId: string;
  /** Of this process. */
  readonly instance: string;
  readonly uid: number;
  readonly temporalNamespaceId: string;
}

/** Whether a machine id is this worker's to serve. */
export type HostClaim =
  | { readonly isOurs: true }
  /**
   * Another boot holds the id, or another worker of this boot serves the same user and namespace; it gave its last
   * sign of life (ISO-8601 UTC) not long ago.
   */
  | { readonly isOurs: false; readonly otherBootId: string; readonly otherSeenAt: string };

/** Which workers serve which machines. */
export interface HostRegistry {
  /**
   * Gives a sign of life, unless another boot holds the machine's id or another worker does what this one is to do.
   * @param predecessor instance of a worker that is known to be over
   * @throws RunError `DATABASE_UNREACHABLE`
   */
  claim(worker: ServingWorker, predecessor: string | null): Promise<HostClaim>;
}
