import type { RunId } from '../core/ids.js';
import type { EventRow, NodeResultRow, RunProgressRow } from '../core/mirror/rows.js';
import type { RunError } from '../core/errors.js';
import { namesOf } from './known-nodes.js';
import type { NodeCall, Stub } from './stubs.js';

/** What a run may ask of its stubs. */
export interface Cast {
  readonly nodes: Readonly<Record<string, Stub>>;
  /** For nodes that `nodes` does not have. */
  readonly otherwise: Stub | undefined;
  /** Of every attempt; the language's own variables are laid over it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether nodes are taken to have left `evidence.json`. */
  readonly leavesEvidence: boolean;
}

/** An attempt that goes on until it is stopped. */
export interface HeldAttempt {
  readonly nodeId: string;
  /** Unique in the run; also the id of its activity. */
  readonly attemptId: string;
  readonly timeoutMs: number;
  readonly timeOut: () => void;
}

/** Whose sub-run a run is. */
export interface Descent {
  readonly parent: RunBook;
  /** The parent's node that runs it. */
  readonly nodeId: string;
  /** Position of its item in a fan-out; null: the node has no other. */
  readonly index: number | null;
  readonly message: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** What has become of one run so far: what its mirror was told, and what its nodes were asked for. */
export class RunBook {
  #row: RunProgressRow | null = null;
  readonly #events = new Map<number, EventRow>();
  readonly #results = new Map<string, NodeResultRow>();
  readonly #calls: NodeCall[] = [];
  readonly #held = new Set<HeldAttempt>();
  #atWork = 0;
  #fault: RunError | null = null;
  #wake: (() => void)[] = [];
  #temporalWorkflowId: string | null = null;
  readonly #children: RunBook[] = [];

  constructor(
    readonly runId: RunId,
    /** Name of what it runs. */
    readonly workflow: string,
    readonly cast: Cast,
    /** Null: nobody's sub-run. */
    readonly descent: Descent | null = null,
  ) {}

  /** Null: it has not begun. */
  get temporalWorkflowId(): string | null {
    return this.#temporalWorkflowId;
  }

  /** Sub-runs: nodes in the order in which they began, each with its items in theirs. */
  get children(): readonly RunBook[] {
    const nodes = [...new Set(this.#children.map(({ descent }) => descent?.nodeId))];
    const placeOf = ({ descent }: RunBook): number => nodes.indexOf(descent?.nodeId);
    return this.#children.toSorted(
      (a, b) => placeOf(a) - placeOf(b) || (a.descent?.index ?? 0) - (b.descent?.index ?? 0),
    );
  }

  /** Itself and all that is below it. */
  get family(): readonly RunBook[] {
    return [this, ...this.#children.flatMap((child) => child.family)];
  }

  begin(temporalWorkflowId: string): void {
    this.#temporalWorkflowId = temporalWorkflowId;
  }

  /** A sub-run begins. */
  adopt(runId: RunId, workflow: string, descent: Omit<Descent, 'parent'>): RunBook {
    const child = new RunBook(runId, workflow, this.cast, { ...descent, parent: this });
    this.#children.push(child);
    return child;
  }

  /** As the tables would have it now; null: nothing has been written yet. */
  get row(): RunProgressRow | null {
    return this.#row;
  }

  /** In the order in which they happened. */
  get events(): readonly EventRow[] {
    return [...this.#events.values()].sort((a, b) => a.seq - b.seq);
  }

  get calls(): readonly NodeCall[] {
    return this.#calls;
  }

  get held(): readonly HeldAttempt[] {
    return [...this.#held];
  }

  /** Why the test itself is at fault; the first counts. */
  get fault(): RunError | null {
    return this.#fault;
  }

  /** What stands in for a node; undefined: nothing does. @param name `group.id` for one in a body */
  stubOf(name: string): Stub | undefined {
    const { nodes, otherwise } = this.cast;
    const known = namesOf(this.workflow, name).find((one) => Object.hasOwn(nodes, one));
    return known === undefined ? otherwise : nodes[known];
  }

  resultOf(nodeId: string): NodeResultRow | null {
    return this.#results.get(nodeId) ?? null;
  }

  write(row: RunProgressRow, events: readonly EventRow[], results: readonly NodeResultRow[]): void {
    this.#row = row;
    for (const event of events) this.#events.set(event.seq, event);
    for (const result of results) this.#results.set(result.nodeId, result);
  }

  /** Told of the run that the test has started, whichever of its sub-runs met it. */
  blame(fault: RunError): void {
    if (this.descent !== null) this.descent.parent.blame(fault);
    this.#fault ??= fault;
  }

  /** An attempt whose stub is at work. */
  async during<Result>(call: NodeCall, work: () => Promise<Result>): Promise<Result> {
    this.#calls.push(call);
    this.#atWork += 1;
    try {
      return await work();
    } finally {
      this.#atWork -= 1;
      this.#tell();
    }
  }

  /** Works until it times out, or is stopped. @throws the signal's reason */
  hold(attempt: Omit<HeldAttempt, 'timeOut'>, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#held.delete(held);
        settle();
      };
      const held: HeldAttempt = { ...attempt, timeOut: () => end(resolve) };
      this.#held.add(held);
      const stop = (): void => end(() => reject(signal.reason as Error));
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
      this.#tell();
    });
  }

  /** Settles when no stub is at work, but for those that hold on. */
  async untilIdle(): Promise<void> {
    while (this.#atWork > this.#held.size) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
