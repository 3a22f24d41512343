import { setTimeout as wait } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { MESSAGES, type RunDescription } from '../contract/messages.js';
import type { WorkflowDefinition } from '../core/definition/definition.js';
import { RunError } from '../core/errors.js';
import type { RaisedServer } from './raise-server.js';
import type { RunBook } from './run-book.js';

/** A run that may still move. */
export interface Moving {
  readonly server: Pick<RaisedServer, 'advance'>;
  readonly book: RunBook;
  readonly definition: WorkflowDefinition;
  readonly handle: WorkflowHandle;
}

/** What Temporal knows of an execution. */
interface Glance {
  readonly isOpen: boolean;
  /** Activities that are not held by a stub, and workflow tasks. */
  readonly isBusy: boolean;
  readonly historyLength: number;
}

const PAUSE_MS = 5;
/** Nothing moves for this long, and nobody knows what for. */
const HUNG_AFTER_MS = 30_000;

/**
 * Waits until the run stands still: it is over, or waits for people, or for stubs that hold on. Delays between
 * attempts pass at once.
 * @returns null when the test is at fault (`RunBook.fault`)
 */
export async function untilAtRest(run: Moving): Promise<RunDescription | null> {
  let movedAt = performance.now();
  let lastLength = 0;
  for (;;) {
    await run.book.untilIdle();
    if (run.book.fault !== null) return null;
    const glance = await glanceAt(run);
    if (glance.historyLength !== lastLength) movedAt = performance.now();
    lastLength = glance.historyLength;
    if (!glance.isBusy) {
      const description = await run.handle.query<RunDescription>(MESSAGES.describeQuery);
      if (!glance.isOpen) return description;
      if (await standsStill(run, description, glance)) return description;
      continue;
    }
    if (performance.now() - movedAt > HUNG_AFTER_MS) throw hung(run);
    await wait(PAUSE_MS);
  }
}

/** Nothing has happened between two glances; retries that nothing else is left to wait for are brought about. */
async function standsStill(run: Moving, description: RunDescription, before: Glance): Promise<boolean> {
  const after = await glanceAt(run);
  if (!after.isOpen || after.isBusy || after.historyLength !== before.historyLength) return false;
  if (description.status === 'paused') return true;
  if (run.book.held.length === 0) await run.server.advance(msUntilRetry(run.definition, description));
  // What is being cancelled ends by itself as soon as its heartbeat tells it.
  else if (description.status !== 'cancelling') return true;
  else await wait(PAUSE_MS);
  return false;
}

/** The shortest delay before another attempt; a second where the definition does not tell. */
function msUntilRetry({ nodes }: WorkflowDefinition, description: RunDescription): number {
  const delays = description.nodes.flatMap(({ nodeId, status, attempt }) => {
    const node = nodes.find(({ id }) => id === nodeId);
    if (status !== 'retrying' || node === undefined || !('retry' in node) || node.retry === null) return [];
    return [node.retry.delayMs * 2 ** Math.max(0, (attempt ?? 2) - 2)];
  });
  return delays.length === 0 ? 1_000 : Math.min(...delays);
}

async function glanceAt({ handle, book }: Moving): Promise<Glance> {
  const { status, historyLength, raw } = await handle.describe();
  const held = new Set(book.held.map(({ attemptId }) => attemptId));
  const activities = (raw.pendingActivities ?? []).filter(({ activityId }) => !held.has(activityId ?? ''));
  const isBusy = activities.length > 0 || (raw.pendingWorkflowTask ?? null) !== null;
  return { isOpen: status.name === 'RUNNING', isBusy, historyLength };
}

function hung({ book }: Moving): RunError {
  return new RunError(
    'INTERNAL',
    `run ${book.runId} neither moves nor waits for anybody: signalbox itself is at fault. Please report it`,
  );
}
