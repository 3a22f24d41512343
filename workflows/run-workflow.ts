import {
  allHandlersFinished,
  CancelledFailure,
  condition,
  continueAsNew,
  CancellationScope,
  proxyActivities,
  setWorkflowOptions,
} from '@temporalio/workflow';
import type { Activities, OpenRunResult } from '../src/contract/activities.js';
import { fromFailure, toFailure } from '../src/contract/failure.js';
import type { RunResult } from '../src/contract/run-workflow.js';
import { RunError } from '../src/core/errors.js';
import { project, progressRow } from '../src/core/mirror/project.js';
import { decide } from '../src/core/run/decide.js';
import { initialState } from '../src/core/run/evolve.js';
import { mustStopAttempts } from '../src/core/run/run-status.js';
import { fromSnapshot } from '../src/core/run/snapshot.js';
import type { RunOutcome } from '../src/core/run/run-state.js';
import { OPEN_RUN } from './activity-options.js';
import { admit, type Admission } from './admit.js';
import { answerMessages } from './answer-messages.js';
import { historyPressure, packRun } from './continue-run.js';
import type { CarriedRun } from './carried-run.js';
import { endRun } from './end-run.js';
import { LiveRun, now } from './live-run.js';
import { MirrorLane } from './mirror-lane.js';
import { Performer } from './perform.js';
import { runVariables } from './run-variables.js';
import { makeSigns } from './signs.js';

/**
 * One run of a definition, whose execution holds the lease on its working path by being open.
 * @param value a `StartRequest`, checked again here
 * @param carried what the execution before handed over
 */
export async function run(value: unknown, carried?: CarriedRun): Promise<RunResult> {
  try {
    return await conduct(admit(value, carried), carried);
  } catch (error) {
    throw error instanceof RunError ? toFailure(error) : error;
  }
}

setWorkflowOptions({ failureExceptionTypes: [Error] }, run);

async function conduct(admission: Admission, carried: CarriedRun | undefined): Promise<RunResult> {
  const { request } = admission;
  const { definition } = request;
  const startedAt = carried?.startedAt ?? now();
  const facts = {
    ...request,
    temporalWorkflowId: admission.owner.temporalWorkflowId,
    details: { hasClientEnvironment: request.hasClientEnvironment, inputs: request.inputs },
  };
  const initial = carried
    ? fromSnapshot(definition, request.inputs, carried.snapshot)
    : initialState(definition, request.inputs);
  const live: LiveRun = new LiveRun(definition, initial, (event, after) => {
    lane.push(project(facts, event, after));
    if (event.type === 'gateOpened' || event.type === 'gateDecided') lane.hurry();
    if (event.type === 'runFinished') lane.seal();
  });
  const lane = new MirrorLane(
    request.runId,
    () => progressRow(facts, live.state, now()),
    carried?.lastSeq ?? 0,
  );
  answerMessages(live, request, startedAt);
  CancellationScope.current().cancelRequested.catch(() => {
    const cancellation = { by: null, reason: 'cancelled in Temporal', nodeId: null };
    live.apply({ type: 'cancelRequested', cancellation, at: now() });
  });
  return CancellationScope.nonCancellable(async () => {
    live.apply({ type: 'runStarted', at: startedAt });
    const opened = carried?.opened ?? (await openRun(admission, lane, startedAt));
    if (opened.refusal !== null && carried === undefined) {
      live.apply({ type: 'runAborted', failure: opened.refusal, at: now() });
    }
    void lane.work(opened.epoch);
    await drive({ admission, live, lane, opened, startedAt });
    await condition(allHandlersFinished);
    await endRun(admission, lane, opened.epoch);
    return conclude(admission, live.state.outcome);
  });
}

async function openRun(admission: Admission, lane: MirrorLane, startedAt: string): Promise<OpenRunResult> {
  const { request, owner, isFirstExecution } = admission;
  const { runId, hostId, uid, workingPath, message, inputs, startedBy, baseBranch } = request;
  const { row, events } = lane.take('');
  try {
    return await proxyActivities<Activities>(OPEN_RUN).openRun({
      request: { runId, hostId, uid, workingPath, message, inputs, startedBy, baseBranch },
      workflowName: request.definition.name,
      startedAt,
      fenceToken: owner.fenceToken,
      isFirstExecution,
      row,
      events,
    });
  } catch (error) {
    throw (
      fromFailure(error) ??
      new RunError(
        'RUN_TABLE_UNREACHABLE',
        'the first row of the run could not be written within a minute, so the run gives its path back. See whether Postgres answers with signalbox doctor',
        {},
        { cause: error },
      )
    );
  }
}

interface Conducted {
  readonly admission: Admission;
  readonly live: LiveRun;
  readonly lane: MirrorLane;
  readonly opened: OpenRunResult;
  readonly startedAt: string;
}

/** decide → perform → evolve → mirror, until there is an outcome. */
async function drive(run: Conducted): Promise<void> {
  const { admission, live, opened } = run;
  const performer = new Performer(live, admission, runVariables(admission.request, opened));
  const signs = makeSigns(admission.request, live, run.startedAt);
  for (;;) {
    const pressure = historyPressure();
    if (pressure !== 'none' && performer.openCount === 0) await moveOn(run, performer);
    const mayAct = pressure !== 'full' || performer.openCount === 0;
    const actions = mayAct ? decide(live.definition, live.state) : [];
    for (const action of actions) performer.begin(action);
    signs.show();
    if (live.state.outcome !== null) return;
    if (mustStopAttempts(live.definition, live.state)) performer.stopAttempts();
    if (actions.length > 0) continue;
    const { version } = live;
    await condition(() => live.version !== version);
  }
}

/** Continues as a new execution, unless something begins while the mirror is written out. */
async function moveOn(
  { admission, live, lane, opened, startedAt }: Conducted,
  performer: Performer,
): Promise<void> {
  if (live.state.cancellation !== null || live.state.outcome !== null) return;
  await lane.drain();
  const snapshot = await packRun(live, opened.artifactsDir, admission.request.runId);
  await condition(allHandlersFinished);
  await lane.drain();
  if (performer.openCount > 0 || live.state.cancellation !== null) return;
  const { lastSeq } = lane;
  const { fenceToken } = admission.owner;
  await continueAsNew<typeof run>(admission.request, {
    snapshot: snapshot(),
    fenceToken,
    opened,
    startedAt,
    lastSeq,
  });
}

function conclude({ request }: Admission, outcome: RunOutcome | null): RunResult {
  switch (outcome?.status) {
    case 'completed':
      return { runId: request.runId, status: 'completed', output: outcome.result?.text ?? null };
    case 'failed':
      throw new RunError(outcome.failure.code, outcome.failure.message);
    case 'cancelled': {
      const { by, reason } = outcome.cancellation;
      throw new CancelledFailure(
        `cancelled${by === null ? '' : ` by ${by}`}${reason === null ? '' : `: ${reason}`}`,
      );
    }
    case undefined:
      throw new RunError('INTERNAL', 'the run ended without an outcome');
  }
}
