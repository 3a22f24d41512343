import type { StartRequest } from '../src/contract/start-request.js';
import { RunError } from '../src/core/errors.js';
import type { MirrorFacts } from '../src/core/mirror/mirror-facts.js';
import { progressRow, project } from '../src/core/mirror/project.js';
import { initialState } from '../src/core/run/evolve.js';
import type { RunState } from '../src/core/run/run-state.js';
import { fromSnapshot } from '../src/core/run/snapshot.js';
import type { NodeFailure } from '../src/core/run/task.js';
import type { Admission } from './admit.js';
import type { CarriedRun } from './carried-run.js';
import { gatesOf } from './describe-run.js';
import { LiveRun, now } from './live-run.js';
import { MirrorLane } from './mirror-lane.js';
import { makeReports, type Reports } from './report-to-parent.js';

/** A run that has begun, or goes on, and tells its mirror of every event. */
export interface RaisedRun {
  readonly live: LiveRun;
  readonly lane: MirrorLane;
  readonly startedAt: string;
  readonly reports: Reports;
}

export function raiseRun({ request, owner }: Admission, carried: CarriedRun | undefined): RaisedRun {
  const startedAt = carried?.startedAt ?? now();
  const { temporalWorkflowId } = owner;
  const details = { hasClientEnvironment: request.hasClientEnvironment };
  const previousError = request.resume?.error ?? null;
  const facts: MirrorFacts = { ...request, temporalWorkflowId, previousError, details };
  const { state, fault } = firstState(request, carried);
  const live: LiveRun = new LiveRun(request.definition, state, (event, after) => {
    lane.push(project(facts, event, after));
    if (event.type === 'gateOpened' || event.type === 'gateDecided') lane.hurry();
    if (event.type === 'childReported' || event.type === 'childDecided') lane.renew();
    if (event.type === 'runFinished') lane.seal();
  });
  const rowNow = () => progressRow(facts, live.state, now());
  const lane = new MirrorLane(request.runId, rowNow, carried?.lastSeq ?? 0);
  live.apply({ type: 'runStarted', at: startedAt });
  if (fault !== null) live.apply({ type: 'runAborted', failure: fault, at: now() });
  const reports = makeReports(request, live, () => gatesOf(live.definition, live.state));
  return { live, lane, startedAt, reports };
}

/** A run whose state cannot be read goes on only to end: it has a row and may have processes. */
function firstState(
  { definition, inputs }: StartRequest,
  carried: CarriedRun | undefined,
): { readonly state: RunState; readonly fault: NodeFailure | null } {
  if (carried === undefined) return { state: initialState(definition, inputs), fault: null };
  try {
    return { state: fromSnapshot(definition, inputs, carried.snapshot), fault: null };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const { code, message } = error;
    const state = { ...initialState(definition, inputs), startedAt: carried.startedAt };
    return { state, fault: { code, message } };
  }
}
