import { setTimeout as wait } from 'node:timers/promises';
import { RunError } from '../../core/errors.js';
import { formatInitWords } from '../../core/lease/init-words.js';
import { isView } from '../../core/lease/is-view.js';
import { formatClosing, type OwnerRecord } from '../../core/lease/owner-record.js';
import type { BoxOwner, ProcessInfo } from '../../ports/box.js';
import { startInit, type InitProcess } from './init-process.js';
import { lockPathOf, placeOf } from './lease.js';
import { isOursToEnd, killInit, occupantsOf } from './occupants.js';
import type { LeaseParts } from './open-lease.js';
import { findLiving, readBootId, type ProcessIdentity } from './proc.js';

const LOOK_MS = 5;
const LETTING_GO_MS = 500;

/** Boxes that the records of this user name, whoever opened them. */
export interface LeftBoxes {
  /** Records that are not closed. */
  list(): Promise<readonly OwnerRecord[]>;
  /** What lives of a run, behind walls that this process did not raise. */
  occupants(runId: string): Promise<readonly ProcessInfo[]>;
  /**
   * Ends a box and marks its record as closed, unless it has become another's by then.
   * @throws RunError `PATH_STILL_OCCUPIED`
   */
  end(record: OwnerRecord): Promise<void>;
}

function initOf({ bootId, initPid, initStartTicks }: OwnerRecord): ProcessIdentity | null {
  return bootId === readBootId() ? { pid: initPid, startTicks: initStartTicks } : null;
}

export function makeLeftBoxes(parts: LeaseParts, killLimitMs: number): LeftBoxes {
  const { files } = parts;
  return {
    async list() {
      await files.prepare();
      return files.readOpen();
    },
    async occupants(runId) {
      const records = (await this.list()).filter((record) => record.runId === runId);
      const inits = records.map(initOf).filter((init) => init !== null);
      return (await Promise.all(inits.map(occupantsOf))).flat();
    },
    async end(record) {
      const init = initOf(record);
      if (init !== null) await endInit(init, killLimitMs);
      if (init !== null && record.level > 2) await parts.marked.end(record.runId);
      await markClosed(parts, record);
    },
  };
}

async function endInit(init: ProcessIdentity, killLimitMs: number): Promise<void> {
  const limit = performance.now() + killLimitMs;
  const isOurs = isOursToEnd(init);
  if (isOurs) await killInit(init);
  while (findLiving(init) !== null) {
    if (!isOurs || performance.now() >= limit) throw stillOccupied(await occupantsOf(init));
    await wait(LOOK_MS);
  }
}

function stillOccupied(processes: readonly ProcessInfo[]): RunError {
  const names = processes.map(({ pid, user, command }) => `${pid} (${user}) ${command}`).join('; ');
  return new RunError('PATH_STILL_OCCUPIED', `still alive: ${names}. End them by hand, then try again`, {
    processes,
  });
}

/** Whoever else holds the lock by then will see for himself that nothing of the old owner lives. */
async function markClosed(parts: LeaseParts, record: OwnerRecord): Promise<void> {
  const init = await holdLock(parts, record);
  if (init === null) return;
  const now = parts.files.read(record.pathKey);
  const isSame = now?.fenceNumber === record.fenceNumber && now.runId === record.runId;
  if (isSame && now.closedAt === null) {
    await init.finish(formatClosing(new Date().toISOString()));
    parts.files.noteClosed(record.pathKey);
    if (isView(record.temporalWorkflowId)) parts.files.forget(record.pathKey);
  }
  init.kill();
  await init.ended;
}

/** A supervisor that was killed lets go of its lock a moment later. @returns null: somebody else has it */
async function holdLock({ programs, files }: LeaseParts, record: OwnerRecord): Promise<InitProcess | null> {
  const limit = performance.now() + LETTING_GO_MS;
  const isThere = placeOf(record.workingPath) !== null && !isView(record.temporalWorkflowId);
  const path = isThere ? record.workingPath : files.lockFile(record.pathKey);
  const lockPath = lockPathOf({ path, isDirectory: isThere });
  for (;;) {
    const start = await startInit(programs, {
      level: 3,
      lockPath,
      recordPath: files.recordPath(record.pathKey),
      words: formatInitWords({ ...record, lockedPlace: placeOf(path) ?? '', level: 3 }),
    });
    if (start.kind === 'ready') return start.init;
    if (start.kind !== 'held' || performance.now() >= limit) return null;
    await wait(LOOK_MS);
  }
}

/** The owner that a record names. */
export function ownerOf(record: OwnerRecord): BoxOwner {
  const { runId, workingPath, pathKey, temporalWorkflowId, temporalAddress } = record;
  const { temporalNamespaceId, fenceToken } = record;
  return {
    runId,
    workingPath,
    pathKey,
    temporalWorkflowId,
    temporalAddress,
    temporalNamespaceId,
    fenceToken,
  };
}
