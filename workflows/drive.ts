import { decide } from '../src/core/run/decide.js';
import { runStatus } from '../src/core/run/run-status.js';
import { historyPressure, type Continuation } from './continue-run.js';
import type { LiveRun } from './live-run.js';
import type { MirrorLane } from './mirror-lane.js';
import type { Performer } from './perform.js';
import type { Reports } from './report-to-parent.js';
import type { Signs } from './signs.js';

export interface Driven {
  readonly live: LiveRun;
  readonly lane: Pick<MirrorLane, 'offer'>;
  readonly performer: Performer;
  readonly signs: Signs;
  readonly reports: Pick<Reports, 'tell'>;
  readonly continuation: Continuation;
}

/**
 * decide → perform → evolve → mirror, until there is an outcome.
 * @throws what broke, if something of the run's own machinery did
 */
export async function drive({ live, lane, performer, signs, reports, continuation }: Driven): Promise<void> {
  for (;;) {
    const pressure = historyPressure();
    if (pressure !== 'none') await continuation.attempt(pressure);
    if (live.fault !== null) throw live.fault;
    const { version } = live;
    performer.artifacts.look();
    const mayAct = !performer.artifacts.isBusy && (pressure !== 'full' || performer.openCount === 0);
    if (mayAct) for (const action of decide(live.definition, live.state)) performer.begin(action);
    performer.subruns.cancelUnwanted();
    signs.show();
    reports.tell();
    lane.offer(runStatus(live.state) === 'paused');
    if (live.state.outcome !== null) return;
    if (live.mustStopAttempts) performer.stop();
    const { openCount } = performer;
    while (live.version === version && performer.openCount === openCount) await live.changes.next();
  }
}
