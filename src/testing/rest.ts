import { setTimeout as wait } from 'node:timers/promises';
import { QueryNotRegisteredError, type WorkflowHandle } from '@temporalio/client';
import { fromFailure } from '../contract/failure.js';
import { MESSAGES, type RunDescription } from '../contract/messages.js';
import type { WorkflowDefinition } from '../core/definition/definition.js';
import { RunError } from '../core/errors.js';
import { isTerminal } from '../core/mirror/rows.js';
import { findNode } from '../core/run/level.js';
import type { RaisedServer } from './raise-server.js';
import type { RunBook } from './run-book.js';

/** A run that may still move, its sub-runs included. */
export interface Moving {
  readonly server: Pick<RaisedServer, 'advance' | 'client'>;
  readonly book: RunBook;
  /** Of the run and of whatever it may run, by name. */
  readonly definitions: ReadonlyMap<string, WorkflowDefinition>;
  readonly handle: WorkflowHandle;
}

/** What Temporal knows of a run and its sub-runs. */
interface Glance {
  readonly isOpen: boolean;
  /** Activities that are not held by a stub, and workflow tasks, wait or are at work. */
  readonly isBusy: boolean;
  /** Of all histories. */
  readonly length: number;
}

const PAUSE_MS = 5;
/** Nothing moves for this long, and nobody knows what for. */
const HUNG_AFTER_MS = 30_000;

/**
 * Waits until the run stands still: it is over, or waits for people, or for stubs that hold on. Delays between
 * attempts pass at once.
 * @returns null when the test is at fault (`RunBook.fault`)
 * @throws RunError what refused the run before it began
 */
export async function untilAtRest(run: Moving): Promise<RunDescription | null> {
  let movedAt = performance.now();
  let lastLength = 0;
  for (;;) {
    await Promise.all(run.book.family.map((book) => book.untilIdle()));
    if (run.book.fault !== null) return null;
    const glance = await glanceAt(run);
    if (glance.length !== lastLength) movedAt = performance.now();
    lastLength = glance.length;
    if (!glance.isBusy) {
      // Refused before it began: it can say nothing but why.
      if (!glance.isOpen && run.book.row === null) throw await refusalOf(run);
      const description = await describe(run.handle).catch(unlessUnborn);
      if (description !== null && !glance.isOpen) return description;
      if (description !== null && (await standsStill(run, description, glance))) return description;
    }
    if (performance.now() - movedAt > HUNG_AFTER_MS) throw hung(run);
    await wait(PAUSE_MS);
  }
}

/** What a run says of itself, and of each sub-run that is open. */
export async function describeFamily({ book, handle, server }: Moving): Promise<readonly Described[]> {
  const own = { book, description: await describe(handle) };
  const children = openChildren(book).map(async ({ child, temporalWorkflowId }) => {
    const asked = describe(server.client.workflow.getHandle(temporalWorkflowId));
    return { book: child, description: await asked };
  });
  return [own, ...(await Promise.all(children))];
}

export interface Described {
  readonly book: RunBook;
  readonly description: RunDescription;
}

/** Nothing has happened between two glances; retries that nothing else is left to wait for are brought about. */
async function standsStill(run: Moving, description: RunDescription, before: Glance): Promise<boolean> {
  const family = run.book.children.length === 0 ? [{ ...run, description }] : await describeFamily(run);
  const after = await glanceAt(run);
  if (!after.isOpen || after.isBusy || after.length !== before.length) return false;
  if (description.status === 'paused') return true;
  const isHeld = run.book.family.some(({ held }) => held.length > 0);
  // What is being cancelled ends by itself as soon as its heartbeat tells it.
  if (isHeld) return description.status !== 'cancelling';
  await run.server.advance(msUntilRetry(run, family));
  return false;
}

/** The shortest delay before another attempt; a second where nobody tells. */
function msUntilRetry({ definitions }: Moving, family: readonly Described[]): number {
  const delays = family.flatMap(({ book, description }) =>
    description.nodes.flatMap(({ nodeId, status, attempt }) => {
      const definition = definitions.get(book.workflow);
      const node = definition && findNode(definition, nodeId);
      if (status !== 'retrying' || !node || !('retry' in node) || node.retry === null) return [];
      return [node.retry.delayMs * 2 ** Math.max(0, (attempt ?? 2) - 2)];
    }),
  );
  return delays.length === 0 ? 1_000 : Math.min(...delays);
}

async function glanceAt({ handle, book, server }: Moving): Promise<Glance> {
  const own = await glanceAtOne(handle, book);
  let { isBusy, length } = own;
  for (const { child, temporalWorkflowId } of openChildren(book)) {
    if (isBusy) break;
    const one = await glanceAtOne(server.client.workflow.getHandle(temporalWorkflowId), child);
    isBusy = one.isBusy;
    length += one.length;
  }
  return { isOpen: own.isOpen, isBusy, length };
}

async function glanceAtOne(handle: WorkflowHandle, book: RunBook): Promise<Glance> {
  const { status, historyLength, raw } = await handle.describe();
  const held = new Set(book.held.map(({ attemptId }) => attemptId));
  const activities = (raw.pendingActivities ?? []).filter(({ activityId }) => !held.has(activityId ?? ''));
  const isBusy = activities.length > 0 || (raw.pendingWorkflowTask ?? null) !== null;
  return { isOpen: status.name === 'RUNNING', isBusy, length: historyLength };
}

/** Sub-runs that have begun and, as far as their rows tell, not ended. */
function openChildren(book: RunBook) {
  return book.family.slice(1).flatMap((child) => {
    const { temporalWorkflowId, row } = child;
    const isOpen = temporalWorkflowId !== null && !isTerminal(row?.status ?? '');
    return isOpen ? [{ child, temporalWorkflowId }] : [];
  });
}

const describe = (handle: WorkflowHandle): Promise<RunDescription> =>
  handle.query<RunDescription>(MESSAGES.describeQuery);

/** A run can be asked from its first statements on. */
function unlessUnborn(error: unknown): null {
  if (error instanceof QueryNotRegisteredError) return null;
  throw error;
}

async function refusalOf({ handle }: Moving): Promise<unknown> {
  return handle.result().then(
    () => new RunError('INTERNAL', 'the run ended without a word'),
    (error: unknown) => fromFailure(error) ?? error,
  );
}

function hung({ book }: Moving): RunError {
  return new RunError(
    'INTERNAL',
    `run ${book.runId} neither moves nor waits for anybody: signalbox itself is at fault. Please report it`,
  );
}
