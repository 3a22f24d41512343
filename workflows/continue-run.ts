import {
  allHandlersFinished,
  CancellationScope,
  condition,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities, OpenedRun } from '../src/contract/activities.js';
import { isEnding } from '../src/core/run/run-status.js';
import { outputsToStore, snapshotWithin, withOutputs } from '../src/core/run/snapshot-size.js';
import { STORE_OUTPUTS } from './activity-options.js';
import type { Admission } from './admit.js';
import type { CarriedRun } from './carried-run.js';
import type { LiveRun } from './live-run.js';
import type { MirrorLane } from './mirror-lane.js';
import type { Performer } from './perform.js';

/** Far below Temporal's own limits of 51,200 events and 50 MiB, above which it ends an execution. */
const FULL_EVENTS = 20_000;
const FULL_BYTES = 20 * 1024 * 1024;
const SNAPSHOT_BYTES = 512 * 1024;
/** While continuing is only suggested, a table or a disk that is away keeps nodes no longer than this … */
const PATIENCE_MS = 5_000;
/** … and no more often than this. */
const PAUSE_MS = 60_000;

export type HistoryPressure = 'none' | 'suggested' | 'full';

/**
 * Whether the history asks for a new execution. `suggested`: at the next moment at which nothing is open.
 * `full`: until then nothing new starts.
 */
export function pressureOf(history: {
  readonly historyLength: number;
  readonly historySize: number;
  readonly continueAsNewSuggested: boolean;
}): HistoryPressure {
  if (history.historyLength >= FULL_EVENTS || history.historySize >= FULL_BYTES) return 'full';
  return history.continueAsNewSuggested ? 'suggested' : 'none';
}

export const historyPressure = (): HistoryPressure => pressureOf(workflowInfo());

export interface Continuing {
  readonly admission: Admission;
  readonly live: LiveRun;
  readonly lane: MirrorLane;
  readonly performer: Performer;
  readonly opened: OpenedRun;
  readonly startedAt: string;
}

/** Continues a run as a new execution, at a moment at which nothing of it is open. */
export class Continuation {
  #notBefore = 0;

  constructor(
    private readonly run: Continuing,
    private readonly continueWith: (carried: CarriedRun) => Promise<never>,
  ) {}

  /** Does not come back if the run has moved on; else something was open, begun, or in the way. */
  async attempt(pressure: Exclude<HistoryPressure, 'none'>): Promise<void> {
    const { live, performer, lane, admission, opened, startedAt } = this.run;
    if (performer.openCount > 0 || !this.isWorthwhile) return;
    if (pressure === 'suggested' && Date.now() < this.#notBefore) return;
    this.#notBefore = Date.now() + PAUSE_MS;
    const patienceMs = pressure === 'full' ? null : PATIENCE_MS;
    if (!(await this.waitFor(() => this.isQuiet, patienceMs))) return;
    if (!(await this.pack(patienceMs))) return;
    if (!(await this.waitFor(() => this.isQuiet, patienceMs))) return;
    await this.continueWith({
      snapshot: snapshotWithin(live.state, SNAPSHOT_BYTES),
      fenceToken: admission.owner.fenceToken,
      opened,
      startedAt,
      lastSeq: lane.lastSeq,
    });
  }

  /** A run that is being ended, or has nothing left to do, ends here. */
  private get isWorthwhile(): boolean {
    const { state, fault } = this.run.live;
    return fault === null && !isEnding(state) && state.outcome === null && state.progress.unsettled > 0;
  }

  private get isQuiet(): boolean {
    return this.run.lane.isIdle && allHandlersFinished();
  }

  /** @returns whether it has come true while that was still worthwhile */
  private async waitFor(isSo: () => boolean, patienceMs: number | null): Promise<boolean> {
    if (isSo()) return this.isWorthwhile;
    this.run.lane.hurry();
    const isOver = (): boolean => isSo() || !this.isWorthwhile;
    if (patienceMs === null) await condition(isOver);
    else await condition(isOver, patienceMs, { summary: 'come to rest before going on' });
    return isSo() && this.isWorthwhile;
  }

  /** Moves the largest outputs into files until the state is small enough to be handed over. */
  private async pack(patienceMs: number | null): Promise<boolean> {
    const { live, admission, opened } = this.run;
    const outputs = outputsToStore(live.state, SNAPSHOT_BYTES);
    if (Object.keys(outputs).length === 0) return true;
    const { storeOutputs } = proxyActivities<Activities>(STORE_OUTPUTS);
    const { runId } = admission.request;
    let isStored = false;
    const scope = new CancellationScope();
    const storing = scope
      .run(() => storeOutputs({ runId, artifactsDir: opened.artifactsDir, outputs }))
      .then((stored) => {
        live.replaceState(withOutputs(live.state, stored));
        isStored = true;
      })
      .catch(() => undefined);
    const isInTime = await this.waitFor(() => isStored, patienceMs);
    if (!isInTime) scope.cancel();
    await storing;
    return isInTime;
  }
}
