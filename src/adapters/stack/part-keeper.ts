import { setTimeout as delay } from 'node:timers/promises';
import { endProcess, ENDINGS } from './ending.js';
import type { Part } from './part.js';
import type { PartProcess } from './part-process.js';
import type { PartRecord } from './stack-state.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A part that served this long was well: its next end is no repetition of the last one. */
const WELL_AFTER_MS = 30_000;

/**
 * Keeps one part running.
 *
 * starting    launched, does not serve yet. The first launch may fail, and `start` with it; later ones are repeated
 * running     serves
 * restarting  has died, or a later launch failed; waits, longer each time
 * stopping    asked to end
 * stopped     no process; for good
 */
export class PartKeeper {
  private readonly end = new AbortController();
  private process: PartProcess | null = null;
  private keeping: Promise<void> = Promise.resolve();
  private pauseMs = FIRST_PAUSE_MS;
  private restarts = 0;

  constructor(
    private readonly part: Part,
    private readonly record: (name: PartRecord['name'], change: Partial<PartRecord>) => void,
  ) {}

  /**
   * Resolves when the part serves for the first time; from then on it is kept running until `stop`.
   * @throws RunError of the part; or the signal's reason, when it is abandoned before
   */
  async start(abandon: AbortSignal): Promise<void> {
    const process = await this.launch('starting', AbortSignal.any([abandon, this.end.signal]));
    this.keeping = this.keep(process);
  }

  /** Ends the part's process, if it has one; it is then launched again. */
  async renew(): Promise<void> {
    if (this.process !== null) await endProcess(this.process.identity, ENDINGS[this.part.name]);
  }

  /** Ends the part for good, and returns when its process is gone. */
  async stop(): Promise<void> {
    this.end.abort();
    if (this.process !== null) {
      this.note({ state: 'stopping' });
      await endProcess(this.process.identity, ENDINGS[this.part.name]);
    }
    await this.keeping;
    this.note({ state: 'stopped', process: null });
  }

  private async keep(first: PartProcess): Promise<void> {
    let process: PartProcess | null = first;
    while (!this.isEnding()) {
      process = await this.launchAgain(process === null ? '' : await this.endOf(process));
    }
  }

  /** How it ended, once it has. */
  private async endOf(process: PartProcess): Promise<string> {
    const servesSince = performance.now();
    const detail = await process.ended;
    if (performance.now() - servesSince >= WELL_AFTER_MS) this.pauseMs = FIRST_PAUSE_MS;
    return detail;
  }

  private async launchAgain(detail: string): Promise<PartProcess | null> {
    this.process = null;
    this.note({ process: null, ...(detail === '' ? {} : { detail }) });
    if (this.isEnding()) return null;
    this.restarts += 1;
    this.note({ state: 'restarting', restarts: this.restarts });
    try {
      await delay(this.pauseMs, undefined, { signal: this.end.signal });
      this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
      return await this.launch('restarting', this.end.signal);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!this.isEnding()) this.note({ detail: why });
      return null;
    }
  }

  private async launch(state: 'starting' | 'restarting', abandon: AbortSignal): Promise<PartProcess> {
    const { process, address } = await this.part.launch((started) => {
      this.process = started;
      this.note({ state, process: started.identity });
    }, abandon);
    this.note({ state: 'running', address });
    return process;
  }

  private isEnding(): boolean {
    return this.end.signal.aborted;
  }

  private note(change: Partial<PartRecord>): void {
    this.record(this.part.name, change);
  }
}
