import { setTimeout as wait } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { fromFailure } from '../contract/failure.js';
import type { TicketResult } from '../contract/ticket-workflow.js';
import { ticketWorkflowId } from '../contract/workflow-id.js';
import { RunError } from '../core/errors.js';
import { shortRunId, type RunId } from '../core/ids.js';
import { placeOf } from '../core/queue/queue-state.js';
import { memoOf } from './holder.js';
import type { Holder } from './orchestrator.js';
import { askQueue, currentHolder, type QueuedPath, type QueuePlace } from './queue-reader.js';
import { isNotFound, readableTrouble, withDeadline, type Temporal } from './temporal-calls.js';

const LOOK_EVERY_MS = 1_000;
const CALL_MS = 5_000;

/** Where a waiting run stands, and for whom it waits. Null: not known, or nobody now. */
export interface WaitState extends QueuePlace {
  readonly holder: Holder | null;
}

export interface WaitOptions {
  /** Told first of all, and then whenever the place or the holder has changed. */
  readonly onChange?: (state: WaitState) => void;
  readonly signal?: AbortSignal;
}

/**
 * Until a run that waits has been started, or does not wait any more. Temporal says so the moment it happens;
 * places are looked at once a second.
 * @throws the signal's reason · RunError `RUN_NOT_FOUND` it never waited · `TEMPORAL_UNREACHABLE`, while the run
 *   keeps its place
 */
export async function waitForTurn(
  temporal: Temporal,
  runId: RunId,
  { onChange, signal }: WaitOptions,
): Promise<TicketResult> {
  const path = await pathOf(temporal, runId);
  const over = new AbortController();
  const stop = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const ended = endOfTicket(temporal, runId);
  ended.catch(() => undefined);
  const tell = makeTeller(temporal, path, runId, onChange);
  try {
    for (;;) {
      await tell();
      const end = await Promise.race([ended, wait(LOOK_EVERY_MS, null, { signal: stop })]);
      if (end !== null) return end;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    over.abort();
  }
}

async function pathOf(temporal: Temporal, runId: RunId): Promise<QueuedPath> {
  const { client } = temporal;
  try {
    const facts = await withDeadline(client, CALL_MS, () =>
      client.workflow.getHandle(ticketWorkflowId(runId)).describe(),
    );
    const { workingPath, hostId } = memoOf(facts);
    if (workingPath !== undefined && hostId !== undefined) return { workingPath, hostId };
  } catch (error) {
    if (!isNotFound(error)) throw await readableTrouble(error, temporal, { runId });
  }
  throw new RunError(
    'RUN_NOT_FOUND',
    `run ${runId} waits in no queue; see who does with signalbox queue list`,
    {
      runId,
    },
  );
}

/**
 * How a ticket's wait ended, as soon as it has.
 * @throws RunError what the ticket was refused with · `TEMPORAL_UNREACHABLE`
 */
export async function endOfTicket(temporal: Temporal, runId: RunId): Promise<TicketResult> {
  try {
    return (await temporal.client.workflow.getHandle(ticketWorkflowId(runId)).result()) as TicketResult;
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : error;
    if (cause instanceof CancelledFailure || cause instanceof TerminatedFailure) {
      const how = cause instanceof CancelledFailure ? 'cancelled' : 'terminated';
      return { kind: 'left', runId, by: null, reason: `its ticket was ${how} in Temporal` };
    }
    const short = shortRunId(runId);
    const readable = await readableTrouble(error, temporal, { runId });
    if (readable === error || !(readable instanceof RunError)) throw fromFailure(cause) ?? error;
    const sentence = `${readable.message}. Run ${short} keeps its place; see it with signalbox get ${short}`;
    throw new RunError(readable.code, sentence, readable.details, { cause: error });
  }
}

/** A look that fails is no news. */
function makeTeller(
  temporal: Temporal,
  path: QueuedPath,
  runId: RunId,
  onChange: WaitOptions['onChange'],
): () => Promise<void> {
  let told: string | null = null;
  return async () => {
    if (onChange === undefined) return;
    const [queue, holder] = await Promise.all([
      askQueue(temporal.client, path),
      currentHolder(temporal, path).catch(() => null),
    ]);
    if (queue === null) return;
    const place = placeOf(queue, runId);
    if (place === null || (holder === null && told !== null)) return;
    const key = `${place} ${holder?.runId ?? ''}`;
    if (key === told) return;
    told = key;
    onChange({ place, queueLength: queue.entries.length, holder });
  };
}
