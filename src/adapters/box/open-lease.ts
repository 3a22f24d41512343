import { setTimeout as wait } from 'node:timers/promises';
import type { RunError } from '../../core/errors.js';
import { isView } from '../../core/lease/is-view.js';
import { formatInitWords } from '../../core/lease/init-words.js';
import {
  isOtherId,
  judgeOpening,
  strictest,
  type FoundOwner,
  type OpeningFacts,
  type OpeningRefusal,
} from '../../core/lease/judge-opening.js';
import type { OwnerRecord } from '../../core/lease/owner-record.js';
import { phraseTakeOver, type TakenOver } from '../../core/lease/taken-over.js';
import type { BoxOwner, ProcessInfo } from '../../ports/box.js';
import type { Executions } from '../../ports/executions.js';
import type { Logger } from '../../ports/logger.js';
import type { BoxFiles } from './box-files.js';
import { ofHolder, ofRecord, type Finding } from './finding.js';
import type { HelperPrograms } from './helper-programs.js';
import { startInit, type InitProcess, type LeasedLevel } from './init-process.js';
import { lockPathOf, makeLease, placeOf, type Lease, type LockedPlace } from './lease.js';
import { findHolder, isOursToEnd, killInit, occupantsOf } from './occupants.js';
import { findLiving } from './proc.js';
import { boxFailed, fenced, leaseHeld, stillOccupied, temporalSilent, unlockable } from './refusals.js';
import { askTemporal, standingOf } from './standing.js';

/** Processes of a run where no walls hold them together, found by their marker. */
export interface MarkedProcesses {
  find(runId: string): Promise<readonly ProcessInfo[]>;
  /** @throws RunError `PATH_STILL_OCCUPIED` */
  end(runId: string): Promise<void>;
}

export interface LeaseParts {
  readonly programs: HelperPrograms;
  readonly files: BoxFiles;
  readonly executions: Pick<Executions, 'describe'>;
  readonly level: LeasedLevel;
  readonly marked: MarkedProcesses;
  readonly logger: Logger;
}

const FIRST_PAUSE_MS = 2;
const LAST_PAUSE_MS = 50;

/**
 * Opens one lease: takes the lock, asks Temporal, and does what `judgeOpening` says until it is open or refused.
 * What has been started is ended again when it is refused.
 */
class LeaseOpening {
  readonly #begunAt = performance.now();
  #place: LockedPlace;
  #init: InitProcess | null = null;
  #record: OwnerRecord | null = null;
  #findings: readonly Finding[] = [];
  /** Those that were found to hold the lock: they may have no record that this user can read. */
  readonly #holders = new Map<number, Finding>();

  constructor(
    private readonly parts: LeaseParts,
    private readonly owner: BoxOwner,
    private readonly temporalRunId: string,
  ) {
    this.#place = placeToLock(parts.files, owner);
  }

  async open(): Promise<Lease> {
    try {
      return await this.#try();
    } catch (error) {
      this.#init?.kill();
      await this.#init?.ended;
      throw error;
    }
  }

  async #try(): Promise<Lease> {
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const steps = (await this.#look()).map(judgeOpening);
      const step = strictest(steps);
      if (step.kind === 'refuse') throw await this.#refusal(step.code);
      if (step.kind === 'open' && this.#init !== null) return this.#take(this.#init, step.isTakenOver);
      const leftovers = this.#findings.filter((_finding, index) => steps[index]?.kind === 'evict');
      for (const leftover of leftovers) await this.#evict(leftover);
      await wait(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
    }
  }

  /**
   * One set of facts for each that is found. Temporal is asked after the search: whom it calls over now may
   * have been the current one before.
   */
  async #look(): Promise<readonly OpeningFacts[]> {
    const lock = await this.#find();
    const answer = await askTemporal(this.parts.executions, this.owner.temporalWorkflowId);
    const standing = standingOf(answer, this.temporalRunId);
    const isProved = lock === 'mine' && (await this.#isProved());
    const waitedMs = performance.now() - this.#begunAt;
    const common = { me: this.owner, standing, lock, isProved, waitedMs };
    if (this.#findings.length === 0) {
      return [{ ...common, found: null, foundExecution: 'over', isOursToEnd: true }];
    }
    const facts = this.#findings.map(async ({ owner, init }) => ({
      ...common,
      found: owner,
      foundExecution: await this.#askAbout(owner),
      isOursToEnd: isOursToEnd(init),
    }));
    return Promise.all(facts);
  }

  async #find(): Promise<OpeningFacts['lock']> {
    if (this.#init === null || this.#init.isGone) this.#init = await this.#lock();
    if (this.#init === null) {
      const holder = ofHolder(await findHolder(this.#place.id));
      this.#findings = holder === null ? [] : [holder];
      if (holder?.init) this.#holders.set(holder.init.pid, holder);
      return 'held';
    }
    const { files } = this.parts;
    this.#record = files.read(this.owner.pathKey);
    // The directory may have been worked in under another name.
    const others = files.readOpen().filter(({ pathKey, lockedPlace }) => {
      return pathKey !== this.owner.pathKey && lockedPlace === this.#place.id;
    });
    this.#findings = [...(this.#record === null ? [] : [this.#record]), ...others].map(ofRecord);
    return 'mine';
  }

  /** @returns null: somebody else holds it */
  async #lock(): Promise<InitProcess | null> {
    const { programs, files, level } = this.parts;
    const start = await startInit(programs, {
      level,
      lockPath: lockPathOf(this.#place),
      recordPath: files.recordPath(this.owner.pathKey),
      words: formatInitWords({ ...this.owner, lockedPlace: this.#place.id, level }),
    });
    switch (start.kind) {
      case 'held':
        return null;
      case 'failed':
        throw boxFailed(level, start.reason);
      case 'unlockable':
        if (!this.#place.isDirectory) throw unlockable(this.#place.path, start.reason);
        this.#place = fileInPlaceOf(files, this.owner);
        return this.#lock();
      case 'ready':
        return this.#keepIfSame(start.init);
    }
  }

  /** Another directory may have been put in its place while it was being locked. */
  async #keepIfSame(init: InitProcess): Promise<InitProcess | null> {
    if (placeOf(this.#place.path) === this.#place.id) return init;
    init.kill();
    await init.ended;
    this.#place = placeToLock(this.parts.files, this.owner);
    return this.#lock();
  }

  async #askAbout(found: FoundOwner): Promise<OpeningFacts['foundExecution']> {
    if (!isOtherId(this.owner, found)) return 'over';
    const answer = await askTemporal(this.parts.executions, found.temporalWorkflowId);
    if (answer === 'unknown') return 'unknown';
    return answer?.isOpen === true ? 'open' : 'over';
  }

  async #isProved(): Promise<boolean> {
    for (const finding of [...this.#findings, ...this.#holders.values()]) {
      if (!(await this.#isGone(finding))) return false;
    }
    return true;
  }

  /** At levels 1 and 2 everything has gone before INIT has; elsewhere what bears the marker may live on. */
  async #isGone({ init, level, owner }: Finding): Promise<boolean> {
    if (init !== null && findLiving(init) !== null) return false;
    if (level <= 2 || owner.isClosed || init === null) return true;
    return (await this.parts.marked.find(owner.runId)).length === 0;
  }

  async #evict({ init, level, owner }: Finding): Promise<void> {
    if (init === null) return;
    await killInit(init);
    if (level > 2) await this.parts.marked.end(owner.runId);
  }

  #take(init: InitProcess, isTakenOver: boolean): Lease {
    const { files, level, logger } = this.parts;
    const { owner } = this;
    const before = this.#record;
    const takenOver = isTakenOver && before !== null ? takenOverFrom(before) : null;
    if (takenOver !== null) logger.warn({ runId: owner.runId, takenOver }, phraseTakeOver(takenOver));
    const fenceNumber = (before?.fenceNumber ?? 0) + 1;
    return makeLease({ files, level, owner, init, place: this.#place, fenceNumber, takenOver });
  }

  async #refusal(code: OpeningRefusal): Promise<RunError> {
    const { owner, temporalRunId } = this;
    if (code === 'FENCED') return fenced(owner, temporalRunId);
    if (code === 'TEMPORAL_UNREACHABLE') return temporalSilent(owner);
    if (code === 'LEASE_HELD') return leaseHeld(owner, this.#findings[0] ?? null);
    return stillOccupied(owner, await this.#occupants());
  }

  async #occupants(): Promise<readonly ProcessInfo[]> {
    const found = [...this.#findings, ...this.#holders.values()].map(async ({ init, level, owner }) => {
      const inBox = init === null ? [] : await occupantsOf(init);
      return level > 2 ? [...inBox, ...(await this.parts.marked.find(owner.runId))] : inBox;
    });
    const processes = (await Promise.all(found)).flat();
    return [...new Map(processes.map((one) => [one.pid, one])).values()];
  }
}

function takenOverFrom(record: OwnerRecord): TakenOver {
  const { runId, temporalWorkflowId, temporalAddress, temporalNamespaceId, since } = record;
  return { runId, temporalWorkflowId, temporalAddress, temporalNamespaceId, since };
}

/** Of a run that holds no path a file of its own, so that it stands in nobody's way. */
function placeToLock(files: BoxFiles, owner: BoxOwner): LockedPlace {
  if (isView(owner.temporalWorkflowId)) return fileInPlaceOf(files, owner);
  const id = placeOf(owner.workingPath);
  return id === null ? fileInPlaceOf(files, owner) : { path: owner.workingPath, id, isDirectory: true };
}

function fileInPlaceOf(files: BoxFiles, { pathKey }: BoxOwner): LockedPlace {
  const path = files.lockFile(pathKey);
  return { path, id: placeOf(path) ?? '', isDirectory: false };
}

/**
 * Takes the lease on an owner's working path.
 * @param temporalRunId the execution of the owner's workflow ID that asks
 * @throws RunError `FENCED` · `LEASE_HELD` · `PATH_STILL_OCCUPIED` · `TEMPORAL_UNREACHABLE` · `CONTAINMENT_TOO_WEAK`
 */
export async function openLease(parts: LeaseParts, owner: BoxOwner, temporalRunId: string): Promise<Lease> {
  await parts.files.prepare();
  return new LeaseOpening(parts, owner, temporalRunId).open();
}
