import { Connection, isGrpcServiceError, type ConnectionLike } from '@temporalio/client';

const PROBE_MS = 1_500;
/** gRPC's statuses of a server that was not reached; with any other one it has answered. */
const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;

/**
 * Why a connection's server cannot be reached at this moment, as a phrase; null: it answers, or nobody can tell.
 * Asked once on a connection of its own: the client's tries again until its deadline and then forgets the reason,
 * and `ensureConnected` remembers its first failure for ever.
 */
export async function whyUnreachable(connection: ConnectionLike): Promise<string | null> {
  if (!(connection instanceof Connection)) return null;
  const { address, credentials, channelArgs, metadata } = connection.options;
  const probe = Connection.lazy({
    address,
    credentials,
    // Else the socket is the client's, which may be pausing between two tries.
    channelArgs: { ...channelArgs, 'grpc.use_local_subchannel_pool': 1 },
    metadata,
    interceptors: [],
  });
  try {
    await probe.withDeadline(Date.now() + PROBE_MS, () => probe.workflowService.getSystemInfo({}));
    return null;
  } catch (error) {
    if (!isGrpcServiceError(error)) return error instanceof Error ? error.message : String(error);
    const status: number = error.code;
    if (status === DEADLINE_EXCEEDED) return `no answer in ${PROBE_MS / 1000} s`;
    return status === UNAVAILABLE ? phraseOf(error.details) : null;
  } finally {
    await probe.close();
  }
}

/** What gRPC says around the cause, and the causes that say nothing to a person. */
const WRAPPING =
  /^No connection established\. Last error: (?:\w*Error(?: \[\w+\])?: )?(.*?)\.? Resolution note:.*$/s;
const MOMENT = / \(\d{4}-\d\d-\d\dT[^)]*\)$/;
const NO_ADDRESS = /^Name resolution failed for target dns:(.*)$/s;
const TLS_FAULT = /^(?:[0-9A-F]+:)?error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):.*$/s;

function phraseOf(details: string): string {
  const cause = details.replace(WRAPPING, '$1').replace(MOMENT, '').trim();
  if (cause === 'Failed to connect') return 'the connection is closed as soon as it is made';
  if (cause === 'Protocol error') return 'what listens there does not speak gRPC, or wants TLS';
  return cause.replace(NO_ADDRESS, 'no address is known for $1').replace(TLS_FAULT, 'TLS: $1');
}
