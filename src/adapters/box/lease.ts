import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { RunError } from '../../core/errors.js';
import { isView } from '../../core/lease/is-view.js';
import { formatClosing } from '../../core/lease/owner-record.js';
import type { TakenOver } from '../../core/lease/taken-over.js';
import type { BoxOwner } from '../../ports/box.js';
import type { BoxFiles } from './box-files.js';
import type { InitProcess, LeasedLevel } from './init-process.js';
import { readBootId } from './proc.js';
import { interrupted } from './refusals.js';

/** What a box has locked. */
export interface LockedPlace {
  readonly path: string;
  /** `device:inode`. */
  readonly id: string;
  /** The working directory itself; else a file in its place. */
  readonly isDirectory: boolean;
}

/** `device:inode`; null: there is nothing. */
export function placeOf(path: string): string | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`;
}

/** As `flock` is told of it. The dot: where a directory has just gone, it would make a file in its place. */
export function lockPathOf({ path, isDirectory }: Pick<LockedPlace, 'path' | 'isDirectory'>): string {
  return isDirectory ? `${path}/.` : path;
}

/** The right to work in a place: the lock is held by a living INIT, and the owner record says for whom. */
export interface Lease {
  readonly init: InitProcess;
  readonly place: LockedPlace;
  /** Whose it was, of another Temporal; null: nobody's who had not closed. */
  readonly takenOver: TakenOver | null;
  /**
   * Settles when the record has been written: nothing of the run may live before.
   * @throws RunError `NODE_UNSTARTABLE` · `NODE_INTERRUPTED`
   */
  readonly recorded: Promise<void>;
  /** Marks the record as closed and gives the lock back. Everything else in the box is gone. */
  giveBack(): Promise<void>;
}

interface LeaseFacts {
  readonly files: BoxFiles;
  readonly level: LeasedLevel;
  readonly owner: BoxOwner;
  readonly init: InitProcess;
  readonly place: LockedPlace;
  readonly fenceNumber: number;
  readonly takenOver: TakenOver | null;
}

/** Writes the owner record behind the caller's back: it is waited for before anything enters. */
export function makeLease(facts: LeaseFacts): Lease {
  const { init, place, files, owner, takenOver } = facts;
  const recorded = writeRecord(facts);
  recorded.catch(() => undefined);
  return {
    ...{ init, place, takenOver },
    recorded,
    async giveBack() {
      await recorded.catch(() => undefined);
      init.hold(true);
      await init.finish(formatClosing(new Date().toISOString()));
      files.noteClosed(owner.pathKey);
      if (isView(owner.temporalWorkflowId)) files.forget(owner.pathKey);
    },
  };
}

async function writeRecord(facts: LeaseFacts): Promise<void> {
  const { files, level, owner, init, place, fenceNumber } = facts;
  const draft = await files
    .draft({
      version: 1,
      ...owner,
      fenceNumber,
      lockedPlace: place.id,
      bootId: readBootId(),
      initPid: init.identity.pid,
      initStartTicks: init.identity.startTicks,
      level,
      since: new Date().toISOString(),
    })
    .catch((error: unknown) => {
      throw unrecorded(files.recordPath(owner.pathKey), error);
    });
  files.noteOpen(owner.pathKey);
  if (!(await init.record(draft))) {
    await rm(draft, { force: true });
    if (init.isGone) throw interrupted(owner.runId);
    throw unrecorded(files.recordPath(owner.pathKey), 'it cannot be put there');
  }
  await files.sync();
  init.hold(false);
}

function unrecorded(path: string, reason: unknown): RunError {
  return new RunError(
    'NODE_UNSTARTABLE',
    `who works here cannot be written to ${path} (${reason instanceof Error ? reason.message : String(reason)}); make room there, or see who may write`,
    { path },
  );
}
