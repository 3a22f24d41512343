import { RunError } from '../src/core/errors.js';
import type { HostClaim, HostRegistry, ServingWorker } from '../src/ports/host-registry.js';
import type { Logger } from '../src/ports/logger.js';
import type { LastWorker } from './last-worker.js';
import { pauseReally, type Pause, type PeriodicTask } from './periodic-tasks.js';

/** From one sign of life to the next. */
const BEAT_EVERY_MS = 4_000;
const LOOK_EVERY_MS = 1_000;

export interface ClaimParts {
  readonly registry: HostRegistry;
  readonly worker: ServingWorker;
  readonly logger: Logger;
  /** Who served last under the lock that this worker has. */
  readonly lastWorker: LastWorker;
  readonly pause?: Pause;
}

/**
 * Takes the machine's id for this worker. Of an earlier boot, or a worker that is over, only the last sign of life is
 * there, which grows old; one that gives another while we wait lives. A database that is away keeps nobody from
 * serving: what was not asked now is asked with the first sign of life.
 * @throws RunError `HOST_ID_NOT_UNIQUE`
 */
export async function claimHost(parts: ClaimParts, signal: AbortSignal): Promise<void> {
  const { worker, logger, lastWorker, pause = pauseReally } = parts;
  let seenAt: string | null = null;
  while (!signal.aborted) {
    const claim = await claimOrNull(parts);
    if (claim === null || claim.isOurs) return lastWorker.note(worker.instance);
    if (seenAt !== null && claim.otherSeenAt !== seenAt) throw notUnique(worker, claim);
    if (seenAt === null)
      logger.info({ hostId: worker.hostId }, 'another boot or worker held this id; waiting');
    seenAt = claim.otherSeenAt;
    await pause(LOOK_EVERY_MS, signal);
  }
}

/** @param onLost told when another machine turns out to hold the id: the worker must not poll any more */
export function signsOfLife(
  { registry, worker, lastWorker }: ClaimParts,
  onLost: (error: RunError) => void,
): PeriodicTask {
  return {
    name: 'sign of life',
    everyMs: BEAT_EVERY_MS,
    run: async () => {
      const claim = await registry.claim(worker, await lastWorker.before());
      if (!claim.isOurs) onLost(notUnique(worker, claim));
    },
  };
}

async function claimOrNull({ registry, worker, lastWorker, logger }: ClaimParts): Promise<HostClaim | null> {
  try {
    return await registry.claim(worker, await lastWorker.before());
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    logger.warn({ error }, 'whether this machine id is unique cannot be asked now');
    return null;
  }
}

function notUnique(
  { hostId, bootId, uid }: ServingWorker,
  { otherBootId, otherSeenAt }: Extract<HostClaim, { isOurs: false }>,
): RunError {
  const details = { hostId, bootId, otherBootId, otherSeenAt };
  if (otherBootId === bootId) {
    return new RunError(
      'HOST_ID_NOT_UNIQUE',
      `another worker serves machine ${hostId} for user ${uid} (last heard of ${otherSeenAt}), with another state directory; end one of the two, or start both with the same XDG_STATE_HOME, so that one stands by. Containers need a SIGNALBOX_HOST_ID each`,
      details,
    );
  }
  return new RunError(
    'HOST_ID_NOT_UNIQUE',
    `another machine with the id ${hostId} is alive (last heard of ${otherSeenAt}); give this one an id of its own: run systemd-machine-id-setup after emptying /etc/machine-id, or set SIGNALBOX_HOST_ID`,
    details,
  );
}
