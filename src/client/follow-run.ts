import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { WaitingGate } from '../contract/messages.js';
import type { RunResult } from '../contract/run-workflow.js';
import { RunError } from '../core/errors.js';
import { shortRunId, type RunId } from '../core/ids.js';
import type { RunReader, RunRecord } from '../ports/run-table.js';
import type { FollowOptions, RunEnd } from './orchestrator.js';
import { openEnd, runEnd, type Closed } from './run-end.js';
import { askRun } from './ask-run.js';
import { memoOf } from './holder.js';
import { isNotFound, readableTrouble, withDeadline } from './temporal-calls.js';

const POLL_MS = 150;
const DESCRIBE_MS = 5_000;

export interface FollowPorts {
  readonly client: Client;
  readonly reader: RunReader;
  /** For messages. */
  readonly temporalAddress: string;
}

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
    const closed = closing(ports, run);
    for (;;) {
      const end = await Promise.race([closed, wait(POLL_MS, null, { signal })]);
      if (end !== null) {
        await tell();
        return runEnd(run.runId, end, await findRecord(ports.reader, run.runId));
      }
      await tell();
      const paused = options.stopWhenPaused === true ? await pausedGates(ports, run) : null;
      if (paused !== null) return { ...openEnd(run.runId), waiting: paused };
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    stop.abort();
  }
}

/** Settles when the run has closed. The ID may belong to a later run by now: the memo tells. */
async function closing({ client, temporalAddress }: FollowPorts, run: FollowedRun): Promise<Closed> {
  try {
    const current = await withDeadline(client, DESCRIBE_MS, () =>
      client.workflow.getHandle(run.temporalWorkflowId).describe(),
    );
    if (memoOf(current).runId !== run.runId) return { failure: null };
    const handle = client.workflow.getHandle(run.temporalWorkflowId, current.runId);
    return { result: (await handle.result()) as RunResult };
  } catch (failure) {
    const place = { client, address: temporalAddress };
    const readable = await readableTrouble(failure, place, { runId: run.runId });
    if (readable instanceof RunError && readable !== failure) throw lost(run.runId, readable);
    return { failure: isNotFound(failure) ? null : failure };
  }
}

function lost(runId: RunId, { code, message, details, cause }: RunError): RunError {
  const short = shortRunId(runId);
  const sentence = `${message}. Run ${short} may well go on; follow it again with signalbox logs -f ${short}`;
  return new RunError(code, sentence, details, { cause });
}

/** Hands over each event once. */
function makeTeller(reader: RunReader, runId: RunId, options: FollowOptions): () => Promise<void> {
  let last = options.after;
  return async () => {
    if (options.onEvent === undefined) return;
    for (const event of await reader.events(runId, last).catch(() => [])) {
      options.onEvent(event);
      last = event.id;
    }
  };
}

async function pausedGates(
  { client, reader }: FollowPorts,
  run: FollowedRun,
): Promise<readonly WaitingGate[] | null> {
  const record = await findRecord(reader, run.runId);
  if (record?.status !== 'paused') return null;
  const description = await askRun(client, run.temporalWorkflowId);
  return description?.runId === run.runId && description.status === 'paused' ? description.waiting : null;
}

async function findRecord(reader: RunReader, runId: RunId): Promise<RunRecord | null> {
  const [record] = await reader.findByPrefix(runId, 1).catch(() => []);
  return record ?? null;
}
