import type { StartOptions } from './orchestrator.js';
import type { IsolatedPlaces } from './plan-isolation.js';
import type { StartOutcome, StartPlace } from './start-run.js';

const ROUNDS = 20;
/** Those who begin in one millisecond part by chance. */
const APART_MS = 50;

/** Starts where a run is to work; where somebody else has just taken the name that nobody chose, under another. */
export async function startIsolated(
  places: IsolatedPlaces,
  onBusy: StartOptions['onBusy'],
  start: (place: StartPlace, onBusy: StartOptions['onBusy']) => Promise<StartOutcome>,
): Promise<StartOutcome> {
  let epochMs = Date.now();
  if (!places.isAutomatic) return start(await places.at(epochMs), onBusy);
  for (let round = 1; ; round += 1) {
    const outcome = await start(await places.at(epochMs), 'fail');
    if (outcome.admission.kind !== 'busy' || round === ROUNDS) return outcome;
    epochMs = Math.max(Date.now(), epochMs + 1 + Math.floor(Math.random() * APART_MS));
  }
}
