import { CancellationScope, isCancellation, log, proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities, Generation, WriteMirrorInput } from '../src/contract/activities.js';
import { byteLength } from '../src/core/expression/output.js';
import type { Projection } from '../src/core/mirror/project.js';
import type { EventRow, MirrorWrite, NodeResultRow, RunProgressRow } from '../src/core/mirror/rows.js';
import { WRITE_MIRROR } from './activity-options.js';
import { Bell } from './bell.js';

/** From one write to the next, unless somebody waits for what it tells. */
const PAUSE_MS = 300;
/** A write that took long is followed by a longer pause, so that mirrors never fill a busy machine … */
const PAUSE_PER_WRITE = 10;
/** … and a mirror never lags far. */
const LONGEST_PAUSE_MS = 5_000;
/** What gathered while the table was away goes in several writes: Temporal takes arguments of 2 MiB at most. */
const WRITE_BYTES = 512 * 1024;

/** As whom the lane writes. */
export interface MirrorAuthor {
  readonly epoch: string;
  readonly generation: Generation | null;
}

/** What one event of the run added. */
interface Gathered {
  readonly events: readonly EventRow[];
  readonly results: readonly NodeResultRow[];
  readonly lastSeq: number;
  readonly bytes: number;
}

/**
 * The one way of a run's events to its tables, in order, one write in flight.
 * gathering → (`offer`, once the pause since the last write is over; or `hurry`) → writing → gathering;
 * `seal` → sealed, for good: what is left then belongs to the end of the run.
 */
export class MirrorLane {
  readonly #gathered: Gathered[] = [];
  readonly #bell = new Bell();
  #writing: CancellationScope | null = null;
  #inFlight: WriteMirrorInput | null = null;
  #isOffered = false;
  #isUrgent = false;
  #isSealed = false;
  /** What the row said of it when it was taken last. */
  #isShownPaused = false;
  #mayWriteAt = Date.now() + PAUSE_MS;

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
  get inFlight(): WriteMirrorInput | null {
    return this.#inFlight;
  }

  /** All that is known has been written. */
  get isIdle(): boolean {
    return this.#gathered.length === 0 && this.#inFlight === null;
  }

  push(projection: Projection): void {
    const events = projection.events.map((event) => ({ ...event, seq: (this.seq += 1) }));
    const { results } = projection;
    if (events.length === 0 && results.length === 0) return;
    const bytes = byteLength(JSON.stringify([events, results]));
    this.#gathered.push({ events, results, lastSeq: this.seq, bytes });
  }

  /** The row is to be written again, though there is no event to tell. */
  renew(): void {
    this.#gathered.push({ events: [], results: [], lastSeq: (this.seq += 1), bytes: 0 });
    this.hurry();
  }

  /** What gathered first, as one write; the row in it is always the newest. */
  take(author: MirrorAuthor): WriteMirrorInput {
    const row = this.rowNow();
    this.#isShownPaused = row.status === 'paused';
    const taken: Gathered[] = [];
    let bytes = 0;
    for (;;) {
      const next = this.#gathered[0];
      if (next === undefined || (taken.length > 0 && bytes + next.bytes > WRITE_BYTES)) break;
      taken.push(next);
      bytes += next.bytes;
      this.#gathered.shift();
    }
    const write: MirrorWrite = {
      runId: this.runId,
      epoch: author.epoch,
      seq: taken.at(-1)?.lastSeq ?? this.seq,
      row,
      events: taken.flatMap(({ events }) => events),
      results: taken.flatMap(({ results }) => results),
    };
    return { write, generation: author.generation };
  }

  /** Everything that is left, at least one write: the last has the row as it stays. */
  takeAll(author: MirrorAuthor): readonly WriteMirrorInput[] {
    const writes = [this.take(author)];
    while (this.#gathered.length > 0) writes.push(this.take(author));
    return writes;
  }

  /**
   * What has been told so far belongs together: the step that it tells of is done.
   * @param isPaused whether the run waits for people now; that may change without an event to tell
   */
  offer(isPaused: boolean): void {
    if (this.#gathered.length === 0 && isPaused !== this.#isShownPaused) this.renew();
    this.#isOffered = this.#gathered.length > 0;
    this.#bell.ring();
  }

  hurry(): void {
    this.#isUrgent = true;
    this.#isOffered = true;
    this.#bell.ring();
  }

  seal(): void {
    this.#isSealed = true;
    this.#bell.ring();
  }

  /** Stops waiting for the write in flight. @returns it, for whoever goes on writing */
  abandon(): WriteMirrorInput | null {
    const write = this.#inFlight;
    this.#writing?.cancel();
    return write;
  }

  /** A write that began then is over: the next keeps its distance. */
  pauseAfter(begunAt: number): void {
    const pauseMs = (Date.now() - begunAt) * PAUSE_PER_WRITE;
    this.#mayWriteAt = Date.now() + Math.min(Math.max(pauseMs, PAUSE_MS), LONGEST_PAUSE_MS);
  }

  /** Runs until sealed. Called where no cancellation of the run reaches it: what is written must not be lost. */
  async work(author: MirrorAuthor): Promise<void> {
    const { writeMirror } = proxyActivities<Activities>(WRITE_MIRROR);
    for (;;) {
      while (!this.#isSealed && !(this.#isOffered && this.#gathered.length > 0)) await this.#bell.next();
      if (!this.#isSealed && !this.#isUrgent) await this.pause();
      if (this.#isSealed) return;
      const begunAt = Date.now();
      const write = (this.#inFlight = this.take(author));
      this.#isOffered = this.#gathered.length > 0;
      this.#isUrgent = this.#isUrgent && this.#isOffered;
      this.#writing = new CancellationScope();
      await this.#writing
        .run(() => writeMirror(write))
        .catch((error: unknown) => {
          if (isCancellation(error)) return;
          log.error('a write of the mirror was refused for good, and is left out', { error });
        });
      this.#inFlight = null;
      this.pauseAfter(begunAt);
    }
  }

  /**
   * No timer when the pause is over already: the write then goes along with the step that it tells of. A
   * timer that is not needed any more fires all the same: that costs less than to cancel it.
   */
  private async pause(): Promise<void> {
    const leftMs = this.#mayWriteAt - Date.now();
    if (leftMs <= 0) return;
    let isOver = false;
    void sleep(leftMs, { summary: 'gather for the mirror' }).then(() => {
      isOver = true;
      this.#bell.ring();
    });
    const mustWait = (): boolean => !isOver && !this.#isUrgent && !this.#isSealed;
    while (mustWait()) await this.#bell.next();
  }
}
