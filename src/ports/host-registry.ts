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

/** Whether a machine id is this machine's alone. */
export type HostClaim =
  | { readonly isOurs: true }
  /** Another boot holds the id, and gave its last sign of life (ISO-8601 UTC) not long ago. */
  | { readonly isOurs: false; readonly otherBootId: string; readonly otherSeenAt: string };

/** Which workers serve which machines. */
export interface HostRegistry {
  /** Gives a sign of life, unless another boot holds the machine's id. @throws RunError `DATABASE_UNREACHABLE` */
  claim(worker: ServingWorker): Promise<HostClaim>;
}
