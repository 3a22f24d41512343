import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  ContinueAsNew,
  continueAsNew,
  setWorkflowOptions,
} from '@temporalio/workflow';
import { TemporalFailure } from '@temporalio/common';
import type { OpenedRun } from '../src/contract/activities.js';
import { toFailure } from '../src/contract/failure.js';
import type { RunResult } from '../src/contract/run-workflow.js';
import { RunError } from '../src/core/errors.js';
import { shortRunId } from '../src/core/ids.js';
import { tellTakeOver } from '../src/core/mirror/take-over.js';
import type { RunOutcome } from '../src/core/run/run-state.js';
import { admit, type Admission } from './admit.js';
import { answerMessages } from './answer-messages.js';
import type { CarriedRun } from './carried-run.js';
import { Continuation } from './continue-run.js';
import { drive } from './drive.js';
import { endRun } from './end-run.js';
import { now } from './live-run.js';
import { makeWorktree } from './make-worktree.js';
import { authorOf, openRun } from './open-run.js';
import { ownHistoryBegins } from './own-history.js';
import { Performer } from './perform.js';
import { raiseRun, type RaisedRun } from './raise-run.js';
import { runVariables } from './run-variables.js';
import { makeSigns, type Signs } from './signs.js';

/**
 * One run of a definition, whose execution holds the lease on its working path by being open.
 * @param value a `StartRequest`, checked again here
 * @param carried what the execution before handed over
 */
export async function run(value: unknown, carried?: CarriedRun): Promise<RunResult> {
  try {
    return await conduct(admit(value, carried), carried);
  } catch (error) {
    throw asFailure(error);
  }
}

setWorkflowOptions({ failureExceptionTypes: [Error] }, run);

async function conduct(admission: Admission, carried: CarriedRun | undefined): Promise<RunResult> {
  const temporal = CancellationScope.current();
  const raised = raiseRun(admission, carried);
  const { live, lane, startedAt, reports } = raised;
  answerMessages(live, admission.request, startedAt, reports.repeat);
  temporal.cancelRequested.catch(() => live.cancel(null, wordsOfTemporal(admission)));
  return CancellationScope.nonCancellable(async () => {
    const opened = carried?.opened ?? (await begin(admission, raised));
    const author = authorOf(admission, opened, startedAt);
    // The row may still tell how the execution ended that a reset has replaced.
    afterReset(admission, opened, () => {
      lane.renew();
    });
    lane.work(author).catch((error: unknown) => {
      live.break(error);
    });
    const signs = makeSigns(admission.request, live, startedAt);
    await carryOut(admission, { ...raised, signs }, opened);
    if (!allHandlersFinished()) await condition(allHandlersFinished);
    const { outcome } = live.state;
    await reports.tellEnd();
    const cancelReason = temporal.consideredCancelled ? null : reasonOf(outcome);
    await endRun({ admission, lane, author, cancelReason });
    signs.showEnd();
    return conclude(admission, outcome);
  });
}

/** The run's first steps: what it finds on its host, and what is kept of its earlier generations. */
async function begin(admission: Admission, raised: RaisedRun): Promise<OpenedRun> {
  const { live, lane, startedAt } = raised;
  const { kept, takenOver, ...opened } = await openRun(admission, lane, startedAt);
  if (takenOver !== undefined) lane.push(tellTakeOver(admission.request.definition.name, takenOver, now()));
  if (admission.request.resume !== null) live.apply({ type: 'runResumed', kept, at: now() });
  const { worktree: order } = admission.request;
  const refusal =
    opened.refusal ??
    (order === undefined
      ? null
      : await makeWorktree(admission, { ...raised, order }, opened, kept.length > 0));
  if (refusal !== null) live.apply({ type: 'runAborted', failure: refusal, at: now() });
  return opened;
}

/** Until there is an outcome, come what may: then the run ends in its one way. */
async function carryOut(
  admission: Admission,
  raised: RaisedRun & { readonly signs: Signs },
  opened: OpenedRun,
): Promise<void> {
  const { request } = admission;
  const { live, lane, reports, signs } = raised;
  const performer = new Performer(live, admission, runVariables(request, opened));
  const continuation = new Continuation({ ...raised, admission, performer, opened }, (next) =>
    continueAsNew<typeof run>(request, next),
  );
  afterReset(admission, opened, () => {
    performer.subruns.endInherited();
  });
  try {
    await drive({ live, lane, performer, continuation, signs, reports });
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    performer.stop();
    await condition(() => performer.openCount === 0);
    const { code, message } = asRunError(error);
    live.fail({ code, message });
  }
}

/** Acts in an execution that an operator's reset made behind `openRun`, once it has got where that one was. */
function afterReset({ owner }: Admission, { fenceToken }: OpenedRun, act: () => void): void {
  if (fenceToken !== owner.fenceToken) void ownHistoryBegins().then(act);
}

/** Temporal does not say on whose behalf. */
function wordsOfTemporal({ request: { parent } }: Admission): string {
  if (parent === undefined) return 'cancelled in Temporal';
  return `cancelled in Temporal, or ended there with run ${shortRunId(parent.runId)}, whose sub-run it is`;
}

function reasonOf(outcome: RunOutcome | null): string | null {
  if (outcome?.status !== 'cancelled') return null;
  const { by, reason } = outcome.cancellation;
  return `cancelled${by === null ? '' : ` by ${by}`}${reason === null ? '' : `: ${reason}`}`;
}

function conclude({ request }: Admission, outcome: RunOutcome | null): RunResult {
  switch (outcome?.status) {
    case 'completed':
      return {
        ...{ runId: request.runId, status: 'completed', output: outcome.result?.text ?? null },
        ...(outcome.result?.isStructured === true ? { isStructured: true } : {}),
      };
    case 'failed':
      throw new RunError(outcome.failure.code, outcome.failure.message);
    case 'cancelled':
      throw new CancelledFailure(reasonOf(outcome) ?? undefined);
    case undefined:
      throw new RunError('INTERNAL', 'the run ended without an outcome');
  }
}

function asRunError(error: unknown): RunError {
  if (error instanceof RunError) return error;
  return new RunError(
    'INTERNAL',
    `signalbox itself is at fault: ${String(error)}. Please report it, with the history of this execution`,
    {},
    { cause: error },
  );
}

function asFailure(error: unknown): unknown {
  if (error instanceof ContinueAsNew || error instanceof TemporalFailure) return error;
  return toFailure(asRunError(error));
}
