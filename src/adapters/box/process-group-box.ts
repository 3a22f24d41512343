import { RunError } from '../../core/errors.js';
import type { Box, BoxExit, BoxOwner, BoxTask } from '../../ports/box.js';
import type { Census, StartedCommand, Target } from './census.js';
import { endProcesses } from './end-processes.js';
import { makeGroupCensus } from './group-census.js';
import { ATTEMPT_MARKER, makeMarkerCensus, RUN_MARKER } from './marker-census.js';
import { hasProc } from './proc.js';
import { makeLocalLauncher, type Launcher } from './launcher.js';
import type { StartedProcess } from './start-command.js';

export interface ProcessGroupBoxOptions {
  /** How long what was sent SIGKILL may take to go; default 10 s. */
  readonly killLimitMs?: number;
  /** 3 where the system shows its processes (`/proc`), else 4; a test may ask for 4. */
  readonly level?: 3 | 4;
  /** Default: this process starts the commands itself. */
  readonly launcher?: Launcher;
}

/** An open box. */
interface OpenBox {
  readonly owner: BoxOwner;
  readonly commands: Set<StartedCommand>;
  /** Ordered, and not known to have started. */
  readonly launches: Set<Promise<unknown>>;
  closing: Promise<void> | null;
}

const KILL_LIMIT_MS = 10_000;

function isSucceeded(box: OpenBox, owner: BoxOwner): boolean {
  return (
    box.owner.temporalWorkflowId === owner.temporalWorkflowId &&
    (box.owner.runId !== owner.runId || box.owner.fenceToken !== owner.fenceToken)
  );
}

/**
 * A box without walls: each command leads a session of its own, and every process is born with the run's
 * markers, by which it is found.
 *
 * absent → `ensureOpen` → open → `close` → closing → absent. Failing to close leaves it open.
 * - P1 What an earlier worker left of a run is ended before the run's box opens here.
 * - P2 Temporal admits one execution under an ID: whoever opens a box under the ID of another ends that one's first.
 * - P3 Nothing starts in a box that is closing.
 * - P4 This process and those above it are never signalled.
 */
class ProcessGroupBox implements Box {
  readonly #boxes = new Map<string, OpenBox>();
  /** By Temporal workflow ID. */
  readonly #opening = new Map<string, Promise<void>>();
  #leftByOthers: Promise<Set<string>> | null = null;

  constructor(
    readonly level: 3 | 4,
    private readonly census: Census,
    private readonly launcher: Launcher,
    private readonly killLimitMs: number,
  ) {}

  async ensureOpen(owner: BoxOwner): Promise<void> {
    for (let other; (other = this.#opening.get(owner.temporalWorkflowId)) !== undefined;) {
      await other.catch(() => undefined);
    }
    const box = this.#boxes.get(owner.runId);
    if (box?.closing === null && !isSucceeded(box, owner)) return;
    const opening = this.#open(owner).finally(() => this.#opening.delete(owner.temporalWorkflowId));
    this.#opening.set(owner.temporalWorkflowId, opening);
    await opening;
  }

  async #open(owner: BoxOwner): Promise<void> {
    for (const box of [...this.#boxes.values()]) {
      if (box.closing !== null && box.owner.runId === owner.runId) await box.closing;
      else if (isSucceeded(box, owner)) await this.close(box.owner.runId, 0);
    }
    const left = await this.#findLeftovers();
    if (left.has(owner.runId)) {
      await this.#end(this.#targetOf(owner.runId, null), 0);
      left.delete(owner.runId);
    }
    this.#boxes.set(owner.runId, { owner, commands: new Set(), launches: new Set(), closing: null });
  }

  /** Looked for once: what this worker starts itself it knows, and a dead one starts nothing more. */
  async #findLeftovers(): Promise<Set<string>> {
    const found = (this.#leftByOthers ??= this.census.runIds().then((runIds) => new Set(runIds)));
    return found.catch((error: unknown) => {
      this.#leftByOthers = null;
      throw error;
    });
  }

  async enter(task: BoxTask, onStarted?: (pid: number) => void): Promise<BoxExit> {
    const { runId, attemptId } = task;
    const box = this.#boxes.get(runId);
    if (box?.closing !== null) throw notOpen(runId);
    const launch = this.#launch(box, task);
    box.launches.add(launch);
    const { command, ended } = await launch.finally(() => box.launches.delete(launch));
    onStarted?.(command.pid);
    try {
      return await ended;
    } catch (error) {
      // Its end was not seen: nothing of it may run on behind our back.
      await this.stopAttempt(runId, attemptId, 0);
      throw error;
    } finally {
      command.endedTicks = this.census.ticksNow();
    }
  }

  /** P3: whoever ends the processes of a box waits for its launches first. */
  async #launch(
    box: OpenBox,
    task: BoxTask,
  ): Promise<Pick<StartedProcess, 'ended'> & { command: StartedCommand }> {
    const { runId, attemptId } = task;
    const markers = { [RUN_MARKER]: runId, [ATTEMPT_MARKER]: attemptId };
    const { pid, startTicks, ended } = await this.launcher.start(task, markers);
    const command: StartedCommand = { attemptId, pid, startTicks, endedTicks: null };
    box.commands.add(command);
    return { command, ended };
  }

  async stopAttempt(runId: string, attemptId: string, graceMs: number): Promise<void> {
    const box = this.#boxes.get(runId);
    await Promise.allSettled([...(box?.launches ?? [])]);
    const target = this.#targetOf(runId, attemptId);
    await this.#end(target, graceMs);
    for (const command of target.commands) box?.commands.delete(command);
  }

  async close(runId: string, graceMs: number): Promise<void> {
    const box = this.#boxes.get(runId);
    if (box === undefined) return this.#end(this.#targetOf(runId, null), graceMs);
    box.closing ??= this.#close(box, graceMs).finally(() => (box.closing = null));
    return box.closing;
  }

  async #close(box: OpenBox, graceMs: number): Promise<void> {
    const { runId } = box.owner;
    await Promise.allSettled(box.launches);
    await this.#end(this.#targetOf(runId, null), graceMs);
    this.#boxes.delete(runId);
  }

  async prove(runId: string) {
    for (let search = 0; search < 2; search += 1) {
      const survivors = await this.census.find(this.#targetOf(runId, null));
      if (survivors.length > 0) {
        return { isEmpty: false, processes: survivors.map((survivor) => survivor.describe()) };
      }
    }
    return { isEmpty: true, processes: [] };
  }

  list(): Promise<readonly BoxOwner[]> {
    return Promise.resolve([...this.#boxes.values()].map(({ owner }) => owner));
  }

  async evict({ runId, fenceToken }: BoxOwner, graceMs: number): Promise<void> {
    const box = this.#boxes.get(runId);
    if (box === undefined || box.owner.fenceToken === fenceToken) await this.close(runId, graceMs);
  }

  #targetOf(runId: string, attemptId: string | null): Target {
    const box = this.#boxes.get(runId);
    const commands = [...(box?.commands ?? [])].filter(
      (command) => attemptId === null || command.attemptId === attemptId,
    );
    return { runId, attemptId, commands, isComplete: box !== undefined };
  }

  #end(target: Target, graceMs: number): Promise<void> {
    return endProcesses(() => this.census.find(target), { graceMs, killLimitMs: this.killLimitMs });
  }
}

function notOpen(runId: string): RunError {
  return new RunError('INTERNAL', `the box of run ${runId} is not open; open it before anything runs in it`);
}

/** The box of levels 3 and 4: best effort, needs no privilege and no program. */
export function makeProcessGroupBox(options: ProcessGroupBoxOptions = {}): Box {
  const level = options.level ?? (process.platform === 'linux' && hasProc() ? 3 : 4);
  const census = level === 3 ? makeMarkerCensus() : makeGroupCensus();
  return new ProcessGroupBox(
    level,
    census,
    options.launcher ?? makeLocalLauncher(),
    options.killLimitMs ?? KILL_LIMIT_MS,
  );
}
