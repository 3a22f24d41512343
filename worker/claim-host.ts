import { RunError } from '../src/core/errors.js';
import type { HostClaim, HostRegistry, ServingWorker } from '../src/ports/host-registry.js';
import type { Logger } from '../src/ports/logger.js';
import { pauseReally, type Pause, type PeriodicTask } from './periodic-tasks.js';

/** From one sign of life to the next. */
const BEAT_EVERY_MS = 4_000;
const LOOK_EVERY_MS = 1_000;

export interface ClaimParts {
  readonly registry: HostRegistry;
  readonly worker: ServingWorker;
  readonly logger: Logger;
  readonly pause?: Pause;
}

/**
 * Takes the machine's id for this boot. Of an earlier boot only the last sign of life is there, which grows
 * old; one that gives another while we wait is another machine. A database that is away keeps nobody from
 * serving: what was not asked now is asked with the first sign of life.
 * @throws RunError `HOST_ID_NOT_UNIQUE`
 */
export async function claimHost(parts: ClaimParts, signal: AbortSignal): Promise<void> {
  const { registry, worker, logger, pause = pauseReally } = parts;
  let seenAt: string | null = null;
  while (!signal.aborted) {
    const claim = await claimOrNull(registry, worker, logger);
    if (claim === null || claim.isOurs) return;
    if (seenAt !== null && claim.otherSeenAt !== seenAt) throw notUnique(worker, claim);
    if (seenAt === null) logger.info({ hostId: worker.hostId }, 'another boot held this id; waiting');
    seenAt = claim.otherSeenAt;
    await pause(LOOK_EVERY_MS, signal);
  }
}

/** @param onLost told when another machine turns out to hold the id: the worker must not poll any more */
export function signsOfLife(
  { registry, worker }: ClaimParts,
  onLost: (error: RunError) => void,
): PeriodicTask {
  return {
    name: 'sign of life',
    everyMs: BEAT_EVERY_MS,
    run: async () => {
      const claim = await registry.claim(worker);
      if (!claim.isOurs) onLost(notUnique(worker, claim));
    },
  };
}

async function claimOrNull(
  registry: HostRegistry,
  worker: ServingWorker,
  logger: Logger,
): Promise<HostClaim | null> {
  try {
    return await registry.claim(worker);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    logger.warn({ error }, 'whether this machine id is unique cannot be asked now');
    return null;
  }
}

function notUnique(
  { hostId, bootId }: ServingWorker,
  { otherBootId, otherSeenAt }: Extract<HostClaim, { isOurs: false }>,
): RunError {
  return new RunError(
    'HOST_ID_NOT_UNIQUE',
    `another machine with the id ${hostId} is alive (last heard of ${otherSeenAt}); give this one an id of its own: run systemd-machine-id-setup after emptying /etc/machine-id, or set SIGNALBOX_HOST_ID`,
    { hostId, bootId, otherBootId, otherSeenAt },
  );
}
