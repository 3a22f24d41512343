import { condition, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../src/contract/activities.js';
import type { Projection } from '../src/core/mirror/project.js';
import type { EventRow, MirrorWrite, NodeResultRow, RunProgressRow } from '../src/core/mirror/rows.js';
import { WRITE_MIRROR } from './activity-options.js';

/** Writes gather for this long, unless somebody waits for what they tell. */
const GATHER_MS = 300;

/**
 * The one way of a run's events to its tables, in order, one write in flight.
 * gathering → (300 ms, or `hurry`) → writing → gathering; `seal` → sealed, for good: what is left then
 * belongs to the terminal write.
 */
export class MirrorLane {
  #events: EventRow[] = [];
  #results: NodeResultRow[] = [];
  #inFlight: MirrorWrite | null = null;
  #isUrgent = false;
  #isSealed = false;

  constructor(
    private readonly runId: MirrorWrite['runId'],
    /** The run's row as it is now. */
    private readonly rowNow: () => RunProgressRow,
    private seq: number,
  ) {}

  get lastSeq(): number {
    return this.seq;
  }

  /** The write that has begun and not ended. */
  get inFlight(): MirrorWrite | null {
    return this.#inFlight;
  }

  push({ events, results }: Projection): void {
    for (const event of events) this.#events.push({ ...event, seq: (this.seq += 1) });
    this.#results.push(...results);
  }

  /** Everything gathered, as one write. */
  take(epoch: string): MirrorWrite {
    const write: MirrorWrite = {
      runId: this.runId,
      epoch,
      seq: this.seq,
      row: this.rowNow(),
      events: this.#events,
      results: this.#results,
    };
    this.#events = [];
    this.#results = [];
    this.#isUrgent = false;
    return write;
  }

  hurry(): void {
    this.#isUrgent = true;
  }

  seal(): void {
    this.#isSealed = true;
  }

  /** Runs until sealed. */
  async work(epoch: string): Promise<void> {
    const { writeMirror } = proxyActivities<Activities>(WRITE_MIRROR);
    for (;;) {
      await condition(() => this.#isSealed || this.hasNews());
      if (!this.#isSealed) await condition(() => this.#isSealed || this.#isUrgent, GATHER_MS);
      if (this.#isSealed) return;
      this.#inFlight = this.take(epoch);
      await writeMirror(this.#inFlight);
      this.#inFlight = null;
    }
  }

  /** Settles when all that is known has been written. */
  async drain(): Promise<void> {
    this.hurry();
    await condition(() => !this.hasNews() && this.#inFlight === null);
  }

  private hasNews(): boolean {
    return this.#events.length > 0 || this.#results.length > 0;
  }
}
