import { isGrpcServiceError, ServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { RunError } from '../../core/errors.js';

const CALL_MS = 5_000;

/** Asks Temporal with a deadline; null: it knows nothing of what was asked about. */
export type Ask = <Answer>(what: string, call: () => Promise<Answer>) => Promise<Answer | null>;

/** @param address for messages */
export function asking(client: Client, address: string): Ask {
  return async (what, call) => {
    try {
      return await client.withDeadline(Date.now() + CALL_MS, call);
    } catch (error) {
      if (isNotFound(error)) return null;
      if (!(error instanceof ServiceError) && !isGrpcServiceError(error)) throw error;
      throw new RunError(
        'TEMPORAL_UNREACHABLE',
        `Temporal at ${address} does not ${what} (${error.message}); it is asked again`,
        { address },
        { cause: error },
      );
    }
  };
}

/** gRPC's status NOT_FOUND; the client's own calls make an error of it, raw ones do not. */
const NOT_FOUND: unknown = 5;

function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND);
}
