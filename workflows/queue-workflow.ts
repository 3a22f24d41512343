import {
  CancellationScope,
  CancelledFailure,
  condition,
  ContinueAsNew,
  continueAsNew,
  proxyActivities,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import { TemporalFailure } from '@temporalio/common';
import { toFailure } from '../src/contract/failure.js';
import type { QueueActivities } from '../src/contract/queue-activities.js';
import { parseQueueInput, type QueueInput } from '../src/contract/queue-workflow.js';
import { TICKET_MESSAGES, type TurnMessage } from '../src/contract/ticket-workflow.js';
import { queueWorkflowId, runWorkflowId, ticketWorkflowId } from '../src/contract/workflow-id.js';
import { RunError } from '../src/core/errors.js';
import type { RunId } from '../src/core/ids.js';
import { WATCH_PATH } from './activity-options.js';
import { historyPressure } from './continue-run.js';
import { LiveQueue } from './live-queue.js';
import { isTold } from './tell-workflow.js';

/** A ticket that has not answered for this long is told again: it may have been ended meanwhile. */
const ANSWER_MS = 10_000;

/**
 * Who waits for a path, first come, first served: open while anybody does. It learns that the path is free
 * from Temporal, not from the holder, and tells the first ticket, which then starts its run.
 * @param value a `QueueInput`
 */
export async function queue(value: unknown): Promise<void> {
  try {
    const input = admitQueue(value);
    const live = new LiveQueue(input);
    live.listen();
    const temporal = CancellationScope.current();
    temporal.cancelRequested.catch(() => live.apply({ type: 'dismissed' }));
    await CancellationScope.nonCancellable(() => serve(live, input));
    if (temporal.consideredCancelled) throw new CancelledFailure('everybody was sent away');
  } catch (error) {
    if (error instanceof ContinueAsNew || error instanceof TemporalFailure) throw error;
    throw error instanceof RunError ? toFailure(error) : error;
  }
}

setWorkflowOptions({ failureExceptionTypes: [Error] }, queue);

/** @throws RunError `START_REQUEST_INVALID` · `WRONG_WORKFLOW_ID` */
function admitQueue(value: unknown): QueueInput {
  const input = parseQueueInput(value);
  const expected = queueWorkflowId(input.hostId, input.workingPath);
  if (workflowInfo().workflowId === expected) return input;
  throw new RunError(
    'WRONG_WORKFLOW_ID',
    `this execution is called ${workflowInfo().workflowId}, but the queue of ${input.workingPath} is called ${expected}; nothing was done. Queue with signalbox run --on-busy wait`,
  );
}

async function serve(live: LiveQueue, input: QueueInput): Promise<void> {
  void tellRefusals(live);
  for (;;) {
    const { action } = live;
    switch (action.kind) {
      case 'close':
        return;
      case 'tellRefusal':
        await allRefusalsTold(live);
        break;
      case 'watch':
        await watch(live, input);
        break;
      case 'offer':
        live.apply({ type: 'offered', runId: action.runId });
        break;
      case 'awaitAnswer':
        await hearAnswer(live, action.runId);
        break;
    }
  }
}

/** Beside everything else: who is refused disturbs nobody who waits. */
async function tellRefusals(live: LiveQueue): Promise<never> {
  for (;;) {
    await condition(() => live.state.refusals.length > 0);
    for (const { runId, refusal } of live.state.refusals) {
      await isTurnTold(runId, refusal);
      live.apply({ type: 'refusalTold', runId });
    }
  }
}

const allRefusalsTold = (live: LiveQueue): Promise<void> => condition(() => live.state.refusals.length === 0);

const isTurnTold = (runId: RunId, turn: TurnMessage['turn']): Promise<boolean> =>
  isTold(ticketWorkflowId(runId), TICKET_MESSAGES.turnSignal, { turn } satisfies TurnMessage);

async function hearAnswer(live: LiveQueue, runId: RunId): Promise<void> {
  if (!(await isTurnTold(runId, 'start'))) {
    live.apply({ type: 'lost', runId });
    return;
  }
  const isAnswered = (): boolean => live.action.kind !== 'awaitAnswer' || live.action.runId !== runId;
  await condition(isAnswered, ANSWER_MS, { summary: 'wait for the answer of the first' });
}

/** Until the path is free, or there is nobody to watch for. The one point at which a queue continues as new. */
async function watch(live: LiveQueue, { hostId, workingPath }: QueueInput): Promise<void> {
  const { watchPath } = proxyActivities<QueueActivities>(WATCH_PATH);
  const scope = new CancellationScope();
  const watched = { isOver: false };
  const watching = scope
    .run(() => watchPath({ temporalWorkflowId: runWorkflowId(hostId, workingPath) }))
    .finally(() => (watched.isOver = true));
  const isDisturbed = (): boolean => live.state.entries.length === 0 || historyPressure() !== 'none';
  await Promise.race([watching, condition(isDisturbed)]);
  if (watched.isOver) {
    await watching;
    live.apply({ type: 'pathFreed' });
    return;
  }
  scope.cancel();
  await watching.catch(() => undefined);
  await allRefusalsTold(live);
  if (live.state.entries.length === 0) return;
  await continueAsNew<typeof queue>({ hostId, workingPath, entries: live.state.entries });
}
