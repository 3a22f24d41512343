import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { fromFailure } from '../contract/failure.js';
import { MESSAGES, type RunDescription, type WaitingGate } from '../contract/messages.js';
import type { RunResult } from '../contract/run-workflow.js';
import type { WorkflowDefinition } from '../core/definition/definition.js';
import type { Issue } from '../core/definition/issue.js';
import { RunError } from '../core/errors.js';
import { findNode } from '../core/run/level.js';
import type { TextValue } from '../core/run/task.js';
import type { LargeTexts } from './large-texts.js';
import {
  eventsSeen,
  nodeSeen,
  outcomeSeen,
  subRunSeen,
  type Outcome,
  type TestedNode,
  type TestEvent,
  type TestedSubRun,
} from './observations.js';
import { readPassage, type Passage } from './passage.js';
import type { RaisedServer } from './raise-server.js';
import type { RunBook } from './run-book.js';
import { describeFamily, untilAtRest } from './rest.js';

const OPEN: readonly RunDescription['status'][] = ['running', 'paused', 'cancelling'];

/** What a run stands on; its testbed provides it. */
export interface TestRunParts {
  readonly definition: WorkflowDefinition;
  /** Of the run and of whatever it may run, by name. */
  readonly definitions: ReadonlyMap<string, WorkflowDefinition>;
  readonly warnings: readonly Issue[];
  readonly server: RaisedServer;
  readonly texts: LargeTexts;
  readonly book: RunBook;
  readonly handle: WorkflowHandle;
  /** Told once that the run is over. */
  readonly onOver: () => void;
  /** Told of every question, until the returned function is called. */
  readonly begin: () => () => void;
}

/**
 * A run under test. Every method comes back when the run stands still again: it has ended, or waits for a person, or
 * for a node whose stub is `untilStopped`. Properties tell how it stood then.
 */
export class TestRun {
  #description: RunDescription | null = null;
  #outcome: Outcome | null = null;
  #isOver = false;

  /** Private for real, so that a test runner that shows a run does not show all that it stands on. */
  readonly #parts: TestRunParts;

  constructor(parts: TestRunParts) {
    this.#parts = parts;
  }

  /** What is surprising about the file: unknown keys, for instance. */
  get warnings(): readonly Issue[] {
    return this.#parts.warnings;
  }

  /** How the run ended; null: it waits. */
  get outcome(): Outcome | null {
    return this.#outcome;
  }

  /** What the `outcome_field` of the workflow says of its work; null: it has none, or its node has not run. */
  get verdict(): 'succeeded' | 'failed' | null {
    return this.#parts.book.row?.outcome ?? null;
  }

  /** `paused`: nothing but gates is left to wait for. */
  get status(): 'running' | 'paused' | 'cancelling' | Outcome['status'] {
    return this.#outcome?.status ?? this.#description?.status ?? 'running';
  }

  /** Gates that wait for a person, the one opened first at the front. */
  get waitingGates(): readonly WaitingGate[] {
    return this.#outcome === null ? (this.#description?.waiting ?? []) : [];
  }

  /** What happened, in order. */
  get events(): readonly TestEvent[] {
    return eventsSeen(this.#parts.book);
  }

  /** Runs that the run has started, those of one node in the order of their items. */
  get subRuns(): readonly TestedSubRun[] {
    return this.#parts.book.children.map(subRunSeen);
  }

  /** How a node stands. @throws RunError `USAGE` there is no such node */
  node(id: string): TestedNode {
    return nodeSeen(this.#parts, this.#description, id);
  }

  /**
   * Lets time pass. It passes for all runs of the testbed; a run that is over does not mind.
   * @throws RunError `USAGE` no length of time, or a node that would go on for longer · `STUB_MISSING`
   */
  async skip(passage: Passage): Promise<this> {
    const ms = readPassage(passage);
    if (this.#isOver) return this;
    return this.#asking(async () => {
      const { book, server } = this.#parts;
      const spentMs = await this.#timeOut(ms);
      if (book.fault === null) await server.advance(ms - spentMs);
    });
  }

  /**
   * Answers a gate, as a reviewer would.
   * @throws RunError `GATE_NOT_WAITING` · `DECISION_UNDECLARED` · `DECISION_ALREADY_MADE` · `MESSAGE_INVALID` ·
   *   `STUB_MISSING`
   */
  async decide(
    nodeId: string,
    decision: string,
    { text = null, by = null }: { readonly text?: string | null; readonly by?: string | null } = {},
  ): Promise<this> {
    return this.#asking(() => this.#update(MESSAGES.decideUpdate, { nodeId, decision, text, by }));
  }

  /** Cancels the run, and waits for its end. @param by whose doing it is @throws RunError `RUN_CLOSED` */
  async cancel(by: string | null = null, reason: string | null = null): Promise<this> {
    return this.#asking(() => this.#update(MESSAGES.cancelUpdate, { by, reason }));
  }

  /**
   * Lets as much time pass as the run needs to end by itself.
   * @throws RunError `USAGE` only a person can let it go on, or a node goes on for ever · `STUB_MISSING`
   */
  async result(): Promise<Outcome> {
    for (;;) {
      if (this.#outcome !== null) return this.#outcome;
      await this.skip(await this.#msUntilNextTimeout());
    }
  }

  /** Gives the run up, if it is still open. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#over();
    await this.#parts.handle.terminate('the test is over').catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** As soon as the run has come to rest for the first time. Its testbed calls it. */
  async begun(): Promise<this> {
    return this.#asking(() => Promise.resolve());
  }

  async #asking(ask: () => Promise<void>): Promise<this> {
    const end = this.#parts.begin();
    try {
      await ask();
      this.#description = (await untilAtRest(this.#parts)) ?? this.#description;
      const { fault } = this.#parts.book;
      if (fault !== null) throw fault;
      if (OPEN.includes(this.#description?.status ?? 'running')) return this;
      this.#outcome = outcomeSeen(this.#parts, await this.#output());
      this.#over();
      return this;
    } catch (error) {
      if (this.#parts.book.fault !== null) await this.close();
      throw error;
    } finally {
      end();
    }
  }

  /** Of a run that completed; others end as errors, which their rows tell. */
  async #output(): Promise<TextValue | null> {
    if (this.#description?.status !== 'completed') return null;
    return ((await this.#parts.handle.result()) as RunResult).output;
  }

  async #update(name: string, message: object): Promise<void> {
    if (this.#isOver)
      throw new RunError('RUN_CLOSED', 'the run is over: nothing can be asked of it any more');
    try {
      await this.#parts.handle.executeUpdate(name, { args: [message] });
    } catch (error) {
      throw (error instanceof WorkflowUpdateFailedError && fromFailure(error.cause)) || error;
    }
  }

  /** Attempts that their stubs hold end by their own timeouts: no clock skips work. @returns how long that took */
  async #timeOut(ms: number): Promise<number> {
    const held = this.#parts.book.family.flatMap((one) => one.held);
    const longer = held.find(({ timeoutMs }) => timeoutMs > ms);
    if (longer !== undefined) {
      throw new RunError(
        'USAGE',
        `node '${longer.nodeId}' goes on until its timeout, ${longer.timeoutMs} ms; skip at least as much, or cancel the run`,
      );
    }
    if (held.length === 0) return 0;
    for (const attempt of held) attempt.timeOut();
    await untilAtRest(this.#parts);
    return Math.max(...held.map(({ timeoutMs }) => timeoutMs));
  }

  async #msUntilNextTimeout(): Promise<number> {
    const { book, definitions, server } = this.#parts;
    const held = book.family.flatMap((one) => one.held);
    if (held.length > 0) return Math.max(...held.map(({ timeoutMs }) => timeoutMs));
    const [now, family] = await Promise.all([server.now(), describeFamily(this.#parts)]);
    const waits = family.flatMap(({ book: { workflow }, description }) =>
      description.waiting.flatMap(({ nodeId, openedAt }) => {
        const workflowOf = definitions.get(workflow);
        const node = workflowOf && findNode(workflowOf, nodeId);
        if (node?.kind !== 'approval' || node.timeoutMs === null) return [];
        return [Math.max(0, Date.parse(openedAt) + node.timeoutMs - now)];
      }),
    );
    // The server's clock goes on meanwhile: a gate may have timed out just now.
    if (waits.length > 0) return Math.min(...waits) + 1;
    if (family.every(({ description }) => description.waiting.length === 0)) return 0;
    const gates = this.waitingGates.map(({ nodeId }) => nodeId).join(', ');
    throw new RunError('USAGE', `the run does not end by itself: it waits at ${gates}. Decide that first`);
  }

  #over(): void {
    this.#isOver = true;
    this.#parts.onOver();
  }
}
