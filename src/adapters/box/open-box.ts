import { RunError } from '../../core/errors.js';
import type { BoxGeneration, BoxOwner, BoxTask } from '../../ports/box.js';
import type { StartedCommand, Target } from './census.js';
import { placeOf, type Lease } from './lease.js';
import { childrenOf, findLiving, readCommandLine } from './proc.js';
import { interrupted } from './refusals.js';
import { requireStartable } from './start-command.js';
import type { Walls } from './walls.js';

/** An open box. */
export interface OpenBox {
  readonly owner: BoxOwner;
  readonly commands: Set<StartedCommand>;
  /** Ordered, and not known to have started. */
  readonly launches: Set<Promise<unknown>>;
  closing: Promise<void> | null;
  /** Null: this level locks nothing. */
  readonly lease: Lease | null;
  /** Null: the box has none. */
  readonly walls: Walls | null;
}

/** Whether an owner comes after the one of a box: under the same ID Temporal admits one execution at a time. */
export function isSucceeded(box: OpenBox, owner: BoxOwner): boolean {
  return (
    box.owner.temporalWorkflowId === owner.temporalWorkflowId &&
    (box.owner.runId !== owner.runId || box.owner.fenceToken !== owner.fenceToken)
  );
}

/** Whether it is the one that is meant. */
export function isOf({ owner }: OpenBox, { fenceToken }: BoxGeneration): boolean {
  return fenceToken === undefined || fenceToken === owner.fenceToken;
}

/** Whether its INIT lives, as the system tells it now. One that dies has lost its command line before all else. */
export function isStanding({ lease }: OpenBox): boolean {
  if (lease === null) return true;
  const { isGone, identity } = lease.init;
  return !isGone && findLiving(identity) !== null && readCommandLine(identity.pid) !== '';
}

/** Whether it was ended, and not by us. */
export function hasFallen(box: OpenBox): boolean {
  return box.closing === null && !isStanding(box);
}

/** Whether nothing lives behind its walls, told without a search: whoever lost its parent is a child of INIT. */
export function isDeserted({ walls, launches, commands }: OpenBox): boolean {
  if (walls === null || launches.size > 0) return false;
  if ([...commands].some(({ endedTicks }) => endedTicks === null)) return false;
  return childrenOf(walls.place.initPid)?.length === 0;
}

/** Whether an attempt is the one of that name, or stands below it: a sub-run's attempts stand below its name. */
function isWithin(attemptId: string, name: string): boolean {
  return attemptId === name || attemptId.startsWith(`${name}/`);
}

export function targetOf(
  box: OpenBox | undefined,
  runId: string,
  attemptId: string | null,
  spared?: string,
): Target {
  const commands = [...(box?.commands ?? [])].filter(
    (command) =>
      (attemptId === null || isWithin(command.attemptId, attemptId)) &&
      (spared === undefined || !isWithin(command.attemptId, spared)),
  );
  const walls = box?.walls?.place ?? null;
  return { runId, attemptId, spared, commands, isComplete: box !== undefined, walls };
}

/**
 * What is started for a task.
 * @throws RunError `NODE_UNSTARTABLE` · `NODE_INTERRUPTED`
 */
export function commandFor(box: OpenBox, task: BoxTask): BoxTask {
  if (!isStanding(box)) throw interrupted(task.runId);
  requireSamePlace(box, task);
  if (box.walls === null) return task;
  requireStartable(task);
  return box.walls.letIn(task);
}

/** A directory that took the name of the locked one is not locked by this box. */
function requireSamePlace({ lease, owner }: OpenBox, { workingPath }: BoxTask): void {
  if (lease === null || !lease.place.isDirectory || workingPath !== owner.workingPath) return;
  const found = placeOf(workingPath);
  if (found === null || found === lease.place.id) return;
  throw new RunError(
    'NODE_UNSTARTABLE',
    `${workingPath} is another directory than when the run began; put the old one back, or start a new run in this one`,
    { path: workingPath },
  );
}

export function notOpen(runId: string): RunError {
  return new RunError('INTERNAL', `the box of run ${runId} is not open; open it before anything runs in it`);
}
