import { setTimeout as wait } from 'node:timers/promises';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { fromFailure, rootMessage } from '../contract/failure.js';
import type { WaitingGate } from '../contract/messages.js';
import type { RunResult } from '../contract/run-workflow.js';
import { RunError } from '../core/errors.js';
import type { RunId } from '../core/ids.js';
import { isJsonObject } from '../core/json.js';
import { isTerminal } from '../core/mirror/rows.js';
import type { TextValue } from '../core/run/task.js';
import type { RunReader, RunRecord } from '../ports/run-table.js';
import type { FollowOptions, RunEnd } from './orchestrator.js';
import { askRun } from './ask-run.js';
import { memoOf } from './holder.js';
import { isNotFound, isServiceTrouble, readableTrouble, withDeadline } from './temporal-calls.js';

const POLL_MS = 150;
const DESCRIBE_MS = 5_000;

export interface FollowPorts {
  readonly client: Client;
  readonly reader: RunReader;
  /** For messages. */
  readonly temporalAddress: string;
}

/** `failure` null: Temporal no longer knows the run, only its row does. */
type Closed = { readonly result: RunResult } | { readonly failure: unknown };

export interface FollowedRun {
  readonly runId: RunId;
  readonly temporalWorkflowId: string;
}

/**
 * Follows a run to its end: Temporal says when it has ended, the mirror what happened on the way. A table
 * that is away costs the events, not the end.
 */
export async function followRun(
  ports: FollowPorts,
  run: FollowedRun,
  options: FollowOptions,
): Promise<RunEnd> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const tell = makeTeller(ports.reader, run.runId, options);
  try {
    const closed = closing(ports.client, run);
    for (;;) {
      const end = await Promise.race([closed, wait(POLL_MS, null, { signal })]);
      if (end !== null) {
        await tell();
        return await endOf(ports, run.runId, end);
      }
      await tell();
      const paused = options.stopWhenPaused === true ? await pausedGates(ports, run) : null;
      if (paused !== null) return { ...OPEN_END, runId: run.runId, waiting: paused };
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    stop.abort();
  }
}

const OPEN_END = {
  status: 'paused',
  output: null,
  outputPath: null,
  error: null,
  isRejected: false,
} as const;

/** Settles when the run has closed. The ID may belong to a later run by now: the memo tells. */
async function closing(client: Client, run: FollowedRun): Promise<Closed> {
  try {
    const current = await withDeadline(client, DESCRIBE_MS, () =>
      client.workflow.getHandle(run.temporalWorkflowId).describe(),
    );
    if (memoOf(current).runId !== run.runId) return { failure: null };
    const handle = client.workflow.getHandle(run.temporalWorkflowId, current.runId);
    return { result: (await handle.result()) as RunResult };
  } catch (failure) {
    return { failure: isNotFound(failure) ? null : failure };
  }
}

/** Hands over each event once. Reading again from the start keeps it right when events come late. */
function makeTeller(reader: RunReader, runId: RunId, options: FollowOptions): () => Promise<void> {
  let told = 0;
  return async () => {
    if (options.onEvent === undefined) return;
    const events = await reader.events(runId).catch(() => []);
    for (const event of events.slice(told)) options.onEvent(event);
    told = Math.max(told, events.length);
  };
}

async function pausedGates(
  { client, reader }: FollowPorts,
  run: FollowedRun,
): Promise<readonly WaitingGate[] | null> {
  const record = await findRecord(reader, run.runId);
  if (record?.status !== 'paused') return null;
  const description = await askRun(client, run.temporalWorkflowId);
  return description?.status === 'paused' ? description.waiting : null;
}

async function findRecord(reader: RunReader, runId: RunId): Promise<RunRecord | null> {
  const [record] = await reader.findByPrefix(runId, 1).catch(() => []);
  return record ?? null;
}

async function endOf(ports: FollowPorts, runId: RunId, closed: Closed): Promise<RunEnd> {
  const base = { ...OPEN_END, runId, waiting: [] };
  if ('result' in closed) return { ...base, status: 'completed', ...shown(closed.result.output) };
  const record = await findRecord(ports.reader, runId);
  if (closed.failure === null) return endOfRecord(base, record);
  const cause = closed.failure instanceof WorkflowFailedError ? closed.failure.cause : closed.failure;
  if (isServiceTrouble(cause)) throw readableTrouble(cause, ports.temporalAddress, { runId });
  const failure = fromFailure(cause);
  const status =
    cause instanceof CancelledFailure || failure?.code === 'RUN_CANCELLED' ? 'cancelled' : 'failed';
  const code = failure?.code ?? CODE_OF[status];
  return {
    ...base,
    status,
    error: { code, message: failure?.message ?? rootMessage(cause) },
    isRejected: isRejected(record),
  };
}

const CODE_OF = { cancelled: 'RUN_CANCELLED', failed: 'RUN_FAILED' } as const;

function shown(output: TextValue | null): Pick<RunEnd, 'output' | 'outputPath'> {
  if (output === null) return { output: null, outputPath: null };
  return output.kind === 'inline'
    ? { output: output.text, outputPath: null }
    : { output: output.excerpt, outputPath: output.path };
}

/** The end of a run as its row tells it. */
function endOfRecord(base: RunEnd, record: RunRecord | null): RunEnd {
  if (record === null || !isTerminal(record.status)) {
    throw new RunError(
      'RUN_NOT_FOUND',
      `Temporal does not know run ${base.runId}${record === null ? '' : `, though its row says ${record.status}`}; see it with signalbox get ${base.runId}`,
      { runId: base.runId },
    );
  }
  const { summary, error } = record.metadata;
  if (record.status === 'completed') {
    return { ...base, status: 'completed', output: typeof summary === 'string' ? summary : null };
  }
  const status = record.status === 'cancelled' ? 'cancelled' : 'failed';
  const message = typeof error === 'string' ? error : `the run has ${status}`;
  return { ...base, status, error: { code: CODE_OF[status], message }, isRejected: isRejected(record) };
}

/** A reviewer's reject, as `core/mirror/project` marks it in the row. */
function isRejected(record: RunRecord | null): boolean {
  const ours = record?.metadata['signalbox'];
  return isJsonObject(ours) && ours['isRejected'] === true;
}
