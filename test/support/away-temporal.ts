import { Connection, type ConnectionOptions } from '@temporalio/client';

/**
 * A connection to where no Temporal answers. Nobody closes it: the SDK tries a call again by a timer, whoever waits
 * for it still, and on a closed channel that throws where nothing can catch it.
 */
export function connectionToNobody(address: string, options: ConnectionOptions = {}): Connection {
  return Connection.lazy({ ...options, address });
}
