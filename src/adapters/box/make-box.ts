import type { Box } from '../../ports/box.js';
import type { Executions } from '../../ports/executions.js';
import type { Logger } from '../../ports/logger.js';
import { makeBoxFiles } from './box-files.js';
import type { Census } from './census.js';
import type { Containment } from './containment.js';
import { endProcesses } from './end-processes.js';
import { makeGroupCensus } from './group-census.js';
import { makeHostBox } from './host-box.js';
import { makeLocalLauncher, type Launcher } from './launcher.js';
import { makeMarkerCensus } from './marker-census.js';
import { targetOf } from './open-box.js';
import type { LeaseParts, MarkedProcesses } from './open-lease.js';

export interface BoxOptions {
  readonly containment: Containment;
  /** `$XDG_STATE_HOME/signalbox`: owner records and locks. */
  readonly stateDirectory: string;
  readonly executions: Pick<Executions, 'describe'>;
  readonly logger: Logger;
  /** Default: this process starts the commands itself. */
  readonly launcher?: Launcher;
  /** How long what was sent SIGKILL may take to go; default 10 s. */
  readonly killLimitMs?: number;
}

const KILL_LIMIT_MS = 10_000;

/** The boxes of this host and user, as strict as its containment allows. */
export function makeBox(options: BoxOptions): Box {
  const { containment, executions, killLimitMs = KILL_LIMIT_MS } = options;
  const { level } = containment;
  const census = level === 4 ? makeGroupCensus() : makeMarkerCensus();
  const launcher = options.launcher ?? makeLocalLauncher();
  const lease = leaseParts(options, census, killLimitMs);
  return makeHostBox({ level, census, launcher, executions, killLimitMs, lease });
}

function leaseParts(
  { containment, stateDirectory, executions, logger }: BoxOptions,
  census: Census,
  killLimitMs: number,
): LeaseParts | null {
  const { level, programs } = containment;
  if (level === 4 || programs === null) return null;
  const files = makeBoxFiles(stateDirectory);
  return { level, programs, files, executions, logger, marked: markedProcesses(census, killLimitMs) };
}

function markedProcesses(census: Census, killLimitMs: number): MarkedProcesses {
  const search = (runId: string) => census.find(targetOf(undefined, runId, null));
  return {
    // A process forked during one search is found by the next.
    async find(runId) {
      const first = await search(runId);
      const survivors = first.length > 0 ? first : await search(runId);
      return survivors.map((survivor) => survivor.describe());
    },
    end: (runId) => endProcesses(() => search(runId), { graceMs: 0, killLimitMs }),
  };
}
