import { RunError } from '../../core/errors.js';
import type { TakenOver } from '../../core/lease/taken-over.js';
import type {
  Box,
  BoxCloser,
  BoxExit,
  BoxGeneration,
  BoxOwner,
  BoxProof,
  BoxTask,
  ContainmentLevel,
} from '../../ports/box.js';
import type { Census, StartedCommand, Target } from './census.js';
import { endProcesses, settlesWithin } from './end-processes.js';
import type { Launcher } from './launcher.js';
import type { Lease } from './lease.js';
import { makeLeftBoxes, ownerOf, type LeftBoxes } from './left-boxes.js';
import { ATTEMPT_MARKER, RUN_MARKER, wakeDoor } from './marker-census.js';
import { occupantsOf } from './occupants.js';
import {
  commandFor,
  hasFallen,
  isDeserted,
  isOf,
  isStanding,
  isSucceeded,
  notOpen,
  targetOf,
  type OpenBox,
} from './open-box.js';
import { openLease, type LeaseParts } from './open-lease.js';
import { interrupted, stillOccupied } from './refusals.js';
import { isCurrent, requireCurrent } from './standing.js';
import type { StartedProcess } from './start-command.js';
import { openWalls } from './walls.js';

/** What the boxes of a host are made of. */
export interface HostBoxParts {
  readonly level: ContainmentLevel;
  readonly census: Census;
  readonly launcher: Launcher;
  readonly executions: LeaseParts['executions'];
  /** How long what was sent SIGKILL may take to go. */
  readonly killLimitMs: number;
  /** Null: this level locks nothing. */
  readonly lease: LeaseParts | null;
}

/** Behind walls what ignores SIGKILL's first rounds goes with its INIT. */
const WALLED_KILL_LIMIT_MS = 500;

/**
 * The boxes of a host. At levels 1 and 2 a box is a PID namespace, at 3 and 4 each command leads a session of
 * its own; at every level processes are born with the run's markers, by which those of an attempt are found.
 *
 * absent → `ensureOpen` → open → `close` → closing → absent. Failing to close leaves it open. An open box whose
 * INIT dies has fallen: nothing of it lives, nothing enters, and `ensureOpen` opens another.
 * - P1 What an earlier worker left of a run is ended before the run's box opens here.
 * - P2 Temporal admits one execution under an ID: whoever opens a box under the ID of another ends that one's first.
 * - P3 Nothing starts in a box that is closing, nor before the owner record names its owner.
 * - P4 This process and those above it are never signalled.
 * - P5 Under one ID nobody opens while another closes: who closes late ends nothing of a later generation.
 */
class HostBox implements Box {
  readonly level: ContainmentLevel;
  readonly #boxes = new Map<string, OpenBox>();
  /** Who opens or closes, by Temporal workflow ID. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #left: LeftBoxes | null;
  #markedByOthers: Promise<Set<string>> | null = null;

  constructor(private readonly parts: HostBoxParts) {
    this.level = parts.level;
    this.#left = parts.lease && makeLeftBoxes(parts.lease, parts.killLimitMs);
  }

  ensureOpen(owner: BoxOwner, temporalRunId: string): Promise<TakenOver | null> {
    return this.#inTurn(owner.temporalWorkflowId, async () => {
      const box = this.#boxes.get(owner.runId);
      if (box !== undefined && !isSucceeded(box, owner) && isStanding(box)) return null;
      return this.#open(owner, temporalRunId);
    });
  }

  async #inTurn<Result>(temporalWorkflowId: string, work: () => Promise<Result>): Promise<Result> {
    for (let other; (other = this.#turns.get(temporalWorkflowId)) !== undefined;) {
      await other.catch(() => undefined);
    }
    const turn = work().finally(() => this.#turns.delete(temporalWorkflowId));
    this.#turns.set(temporalWorkflowId, turn);
    return turn;
  }

  async #open(owner: BoxOwner, temporalRunId: string): Promise<TakenOver | null> {
    const { executions, lease: leaseParts } = this.parts;
    const before = [...this.#boxes.values()].filter(
      (box) => box.owner.runId === owner.runId || isSucceeded(box, owner),
    );
    // Before anything is ended on its word, and where there is no lock to take it is the only question.
    if (before.length > 0 || leaseParts === null) await requireCurrent(executions, owner, temporalRunId);
    for (const box of before) await this.#close(box, 0);
    const lease = leaseParts && (await openLease(leaseParts, owner, temporalRunId));
    try {
      await this.#admit(owner, lease);
      return lease?.takenOver ?? null;
    } catch (error) {
      lease?.init.kill();
      throw error;
    }
  }

  async #admit(owner: BoxOwner, lease: Lease | null): Promise<void> {
    const { lease: leaseParts, level } = this.parts;
    const isWalled = (level === 1 || level === 2) && lease !== null && leaseParts !== null;
    const walls = isWalled ? openWalls(leaseParts.programs, level, lease.init.identity) : null;
    if (isWalled && walls === null) throw interrupted(owner.runId);
    if (!isWalled) await this.#endMarkedByOthers(owner.runId);
    const launches = new Set<Promise<unknown>>();
    const box: OpenBox = { owner, commands: new Set(), launches, closing: null, lease, walls };
    this.#boxes.set(owner.runId, box);
    void lease?.init.ended.then(() => this.#clearFallen(box));
  }

  /** Looked for once: what this worker starts itself it knows, and a dead one starts nothing more. */
  async #endMarkedByOthers(runId: string): Promise<void> {
    this.#markedByOthers ??= this.parts.census.runIds().then((runIds) => new Set(runIds));
    const marked = await this.#markedByOthers.catch((error: unknown) => {
      this.#markedByOthers = null;
      throw error;
    });
    if (!marked.has(runId)) return;
    await this.#end(targetOf(undefined, runId, null), 0);
    marked.delete(runId);
  }

  /** Without walls its processes outlive INIT, which held their lock. */
  async #clearFallen(box: OpenBox): Promise<void> {
    box.walls?.release();
    for (const door of box.commands) if (door.isDoor && door.endedTicks === null) wakeDoor(door);
    if (box.walls !== null || box.closing !== null || this.#boxes.get(box.owner.runId) !== box) return;
    await this.#end(targetOf(box, box.owner.runId, null), 0).catch(() => undefined);
  }

  async enter(task: BoxTask, onStarted?: (pid: number) => void): Promise<BoxExit> {
    const { runId, attemptId } = task;
    const box = this.#boxes.get(runId);
    if (box?.closing !== null) throw notOpen(runId);
    if (!isOf(box, task)) throw interrupted(runId);
    const launch = this.#launch(box, task);
    box.launches.add(launch);
    const { command, ended } = await launch.finally(() => box.launches.delete(launch));
    onStarted?.(command.pid);
    try {
      const exit = await ended;
      if (exit.exitCode !== 0 && hasFallen(box)) throw interrupted(runId);
      return exit;
    } catch (error) {
      // Its end was not seen: nothing of it may run on behind our back.
      await this.stopAttempt(box.owner, attemptId, 0);
      throw error;
    } finally {
      command.endedTicks = this.parts.census.ticksNow();
    }
  }

  /** P3: whoever ends the processes of a box waits for its launches first. */
  async #launch(
    box: OpenBox,
    task: BoxTask,
  ): Promise<Pick<StartedProcess, 'ended'> & { command: StartedCommand }> {
    const { runId, attemptId } = task;
    await box.lease?.recorded;
    const markers = { [RUN_MARKER]: runId, [ATTEMPT_MARKER]: attemptId };
    const { pid, startTicks, ended } = await this.parts.launcher.start(commandFor(box, task), markers);
    const command: StartedCommand = {
      ...{ attemptId, pid, startTicks, endedTicks: null },
      ...{ isDoor: box.walls !== null, hasEntered: false },
    };
    box.commands.add(command);
    return { command, ended };
  }

  async stopAttempt(
    generation: BoxGeneration,
    attemptId: string,
    graceMs: number,
    spared?: string,
  ): Promise<void> {
    const { runId } = generation;
    const box = this.#boxes.get(runId);
    if (box !== undefined && !isOf(box, generation)) return;
    await Promise.allSettled([...(box?.launches ?? [])]);
    const target = targetOf(box, runId, attemptId, spared);
    await this.#end(target, graceMs);
    for (const command of target.commands) box?.commands.delete(command);
  }

  async close(closer: BoxCloser, graceMs: number): Promise<'closed' | 'superseded'> {
    return this.#inTurn(closer.temporalWorkflowId, async () => {
      const box = this.#boxes.get(closer.runId);
      if (box === undefined) await this.#closeAbsent(closer.runId, graceMs);
      else if (closer.fenceToken !== box.owner.fenceToken && (await this.#isLate(closer, box))) {
        return 'superseded';
      } else await this.#close(box, graceMs);
      return 'closed';
    });
  }

  /** Tokens have no order, so Temporal tells: beside the current generation every other is an older one. */
  async #isLate({ temporalRunId }: BoxCloser, { owner }: OpenBox): Promise<boolean> {
    return temporalRunId === undefined || !(await isCurrent(this.parts.executions, owner, temporalRunId));
  }

  /** What another worker has left of the run. */
  async #closeAbsent(runId: string, graceMs: number): Promise<void> {
    for (const record of (await this.#left?.list()) ?? []) {
      if (record.runId === runId) await this.#left?.end(record);
    }
    await this.#end(targetOf(undefined, runId, null), graceMs);
  }

  #close(box: OpenBox, graceMs: number): Promise<void> {
    box.closing ??= this.#empty(box, graceMs).finally(() => (box.closing = null));
    return box.closing;
  }

  async #empty(box: OpenBox, graceMs: number): Promise<void> {
    const { runId } = box.owner;
    await Promise.allSettled([...box.launches, box.lease?.recorded]);
    if (box.walls === null) await this.#end(targetOf(box, runId, null), graceMs);
    else await this.#emptyWalls(box, graceMs);
    if (box.lease !== null && isStanding(box)) await this.#giveBack(box, box.lease);
    box.walls?.release();
    if (this.#boxes.get(runId) === box) this.#boxes.delete(runId);
  }

  /** Politely, as long as there is somebody; what will not go goes with INIT. */
  async #emptyWalls(box: OpenBox, graceMs: number): Promise<void> {
    if (!isStanding(box) || isDeserted(box)) return;
    const target = targetOf(box, box.owner.runId, null);
    const limits = { graceMs, killLimitMs: WALLED_KILL_LIMIT_MS };
    await endProcesses(() => this.parts.census.find(target), limits).catch((error: unknown) => {
      if (!(error instanceof RunError)) throw error;
      box.lease?.init.kill();
    });
  }

  async #giveBack({ owner }: OpenBox, lease: Lease): Promise<void> {
    const { killLimitMs } = this.parts;
    if (await settlesWithin(lease.giveBack(), killLimitMs)) return;
    lease.init.kill();
    if (await settlesWithin(lease.init.ended, killLimitMs)) return;
    throw stillOccupied(owner, await occupantsOf(lease.init.identity));
  }

  async prove(runId: string): Promise<BoxProof> {
    const box = this.#boxes.get(runId);
    await Promise.allSettled([...(box?.launches ?? [])]);
    const target = targetOf(box, runId, null);
    for (let search = 0; search < 2; search += 1) {
      const survivors = await this.parts.census.find(target);
      if (survivors.length > 0) {
        return { isEmpty: false, processes: survivors.map((survivor) => survivor.describe()) };
      }
    }
    const processes = box === undefined ? ((await this.#left?.occupants(runId)) ?? []) : [];
    return { isEmpty: processes.length === 0, processes };
  }

  async list(): Promise<readonly BoxOwner[]> {
    const own = [...this.#boxes.values()].map(({ owner }) => owner);
    const left = ((await this.#left?.list()) ?? []).map(ownerOf);
    const isOwn = ({ runId, fenceToken }: BoxOwner): boolean =>
      own.some((owner) => owner.runId === runId && owner.fenceToken === fenceToken);
    return [...own, ...left.filter((owner) => !isOwn(owner))];
  }

  evict(owner: BoxOwner, graceMs: number): Promise<void> {
    const { runId, fenceToken, pathKey } = owner;
    return this.#inTurn(owner.temporalWorkflowId, async () => {
      const box = this.#boxes.get(runId);
      if (box !== undefined && !isOf(box, owner)) return;
      if (box !== undefined) return this.#close(box, graceMs);
      if (this.#left === null) return this.#closeAbsent(runId, graceMs);
      const record = (await this.#left.list()).find((left) => left.pathKey === pathKey);
      if (record?.runId === runId && record.fenceToken === fenceToken) await this.#left.end(record);
    });
  }

  #end(target: Target, graceMs: number): Promise<void> {
    const { census, killLimitMs } = this.parts;
    return endProcesses(() => census.find(target), { graceMs, killLimitMs });
  }
}

export function makeHostBox(parts: HostBoxParts): Box {
  return new HostBox(parts);
}
