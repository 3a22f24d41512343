import {
  isOtherId,
  judgeOpening,
  strictest,
  type OpeningFacts,
} from '../../../src/core/lease/judge-opening.js';
import type { Claim } from '../../../src/core/lease/owner-record.js';

/** What a world may leave undone: each name is a rule of the box's protocol. */
export type Rule = 'B1' | 'B2' | 'B3' | 'B4' | 'B5' | 'B6';

/**
 * Who runs in the one directory of the world: two IDs of one Temporal (two real names of the directory), and
 * one of another Temporal. `record`: which owner record it reads and writes.
 */
const ACTORS = {
  a: { namespace: 'n1', id: 'run.a', record: 'first' },
  b: { namespace: 'n1', id: 'run.b', record: 'second' },
  c: { namespace: 'n2', id: 'run.a', record: 'first' },
} as const;
export type ActorName = keyof typeof ACTORS;
export const ACTOR_NAMES = Object.keys(ACTORS) as ActorName[];

/** One execution generation. Of one actor, the newest is the current one. */
export interface Execution {
  readonly actor: ActorName;
  /** Grows with each execution of the world. */
  readonly number: number;
  readonly claim: Claim;
  isOpen: boolean;
}

/** A PID namespace, from its INIT's birth until nothing of it is left. */
export interface ModelBox {
  readonly execution: Execution;
  /** dying: it was killed. Its lock is free, and what lived in it goes a moment later. */
  state: 'standing' | 'dying' | 'gone';
  isRecorded: boolean;
  processes: number;
}

interface ModelRecord {
  readonly box: ModelBox;
  readonly fenceNumber: number;
  isClosed: boolean;
}

/** What one look has found. */
interface Look {
  readonly lock: 'mine' | 'held';
  /** By the holder's command line, or by the records of the place. */
  readonly found: readonly { readonly box: ModelBox; readonly isClosed: boolean }[];
  readonly fenceNumber: number;
}

interface Answers {
  readonly standing: OpeningFacts['standing'];
  /** One for each that was found. */
  readonly foundExecutions: readonly OpeningFacts['foundExecution'][];
}

/** An attempt to open a box, one step at a time: others act in between. */
export interface Opener {
  readonly execution: Execution;
  stage: 'find' | 'ask' | 'judge' | 'record' | 'opened' | 'refused';
  box: ModelBox | null;
  look: Look | null;
  answers: Answers | null;
  /** Boxes that were found to hold the lock. */
  readonly holders: Set<ModelBox>;
  looks: number;
}

const LOOK_MS = 1_000;

/** Temporals, workers and the kernel, as far as the box's protocol sees them; the judgement is the real one. */
export class HostWorld {
  readonly executions: Execution[] = [];
  readonly boxes: ModelBox[] = [];
  readonly openers: Opener[] = [];
  readonly violations: string[] = [];
  isTemporalAway = false;
  #lock: ModelBox | null = null;
  readonly #records = new Map<string, ModelRecord>();
  readonly #lastOpened = new Map<ActorName, number>();

  constructor(private readonly broken: Rule | null = null) {}

  currentOf(actor: ActorName): Execution | null {
    return this.executions.findLast((execution) => execution.actor === actor) ?? null;
  }

  /** Temporal admits one open execution under an ID. */
  admit(actor: ActorName): void {
    if (this.currentOf(actor)?.isOpen !== true) this.#begin(actor);
  }

  terminate(actor: ActorName): void {
    const current = this.currentOf(actor);
    if (current !== null) current.isOpen = false;
  }

  /** The same run again, as a new execution, once it has closed. */
  resume(actor: ActorName): void {
    const current = this.currentOf(actor);
    if (current?.isOpen === false) this.#begin(actor, current.claim.runId);
  }

  /** An operator's reset, of whichever execution: a new one is the current one. */
  reset(actor: ActorName): void {
    if (this.currentOf(actor) === null) return;
    this.terminate(actor);
    this.#begin(actor);
  }

  #begin(actor: ActorName, runId?: string): void {
    const number = this.executions.length + 1;
    const { namespace, id } = ACTORS[actor];
    const claim = {
      temporalNamespaceId: namespace,
      temporalWorkflowId: id,
      runId: runId ?? `run ${number}`,
      fenceToken: `token ${number}`,
    };
    this.executions.push({ actor, number, claim, isOpen: true });
  }

  /** A task of an execution has reached a worker, however late. */
  beginOpening(execution: Execution): void {
    const none = { box: null, look: null, answers: null };
    this.openers.push({ execution, stage: 'find', ...none, holders: new Set(), looks: 0 });
  }

  advance(opener: Opener): void {
    switch (opener.stage) {
      case 'find':
        opener.look = this.#find(opener);
        opener.stage = 'ask';
        break;
      case 'ask':
        opener.answers = this.#ask(opener);
        opener.stage = 'judge';
        break;
      case 'judge':
        this.#act(opener);
        break;
      case 'record':
        this.#record(opener);
        break;
      case 'opened':
      case 'refused':
    }
    this.#check();
  }

  #find(opener: Opener): Look {
    if (opener.box?.state !== 'standing') opener.box = this.#takeLock(opener.execution);
    if (opener.box === null) {
      const holder = this.#lock;
      if (holder !== null) opener.holders.add(holder);
      const found = holder === null ? [] : [{ box: holder, isClosed: false }];
      return { lock: 'held', found, fenceNumber: 0 };
    }
    const own = this.#records.get(ACTORS[opener.execution.actor].record);
    const found = [...this.#records.values()].filter((record) => record === own || !record.isClosed);
    return {
      lock: 'mine',
      found: found.map(({ box, isClosed }) => ({ box, isClosed })),
      fenceNumber: own?.fenceNumber ?? 0,
    };
  }

  #takeLock(execution: Execution): ModelBox | null {
    if (this.#lock !== null) return null;
    const box: ModelBox = { execution, state: 'standing', isRecorded: false, processes: 0 };
    this.boxes.push(box);
    this.#lock = box;
    return box;
  }

  #ask({ execution, look }: Opener): Answers {
    const found = look?.found ?? [];
    if (this.broken === 'B4') return { standing: 'current', foundExecutions: found.map(() => 'over') };
    if (this.isTemporalAway) return { standing: 'unknown', foundExecutions: found.map(() => 'unknown') };
    const isCurrent = this.#isCurrent(execution);
    const isOpen = (box: ModelBox): boolean => this.currentOf(box.execution.actor)?.isOpen === true;
    return {
      standing: isCurrent ? 'current' : 'over',
      foundExecutions: found.map(({ box }) => (isOpen(box) ? 'open' : 'over')),
    };
  }

  #factsOf({ execution, look, answers, holders, looks }: Opener): readonly OpeningFacts[] {
    if (look === null || answers === null) throw new Error('nothing was found or asked');
    const boxes = [...look.found.map(({ box }) => box), ...holders];
    const common = {
      me: execution.claim,
      standing: answers.standing,
      lock: look.lock,
      isProved:
        look.lock === 'mine' && (this.broken === 'B3' || boxes.every(({ state }) => state === 'gone')),
      isOursToEnd: true,
      waitedMs: looks * LOOK_MS,
    };
    if (look.found.length === 0) return [{ ...common, found: null, foundExecution: 'over' }];
    return look.found.map(({ box, isClosed }, index) => {
      const found = { ...box.execution.claim, isClosed };
      const answer = answers.foundExecutions[index] ?? 'unknown';
      return { ...common, found, foundExecution: isOtherId(execution.claim, found) ? answer : 'over' };
    });
  }

  #act(opener: Opener): void {
    opener.looks += 1;
    const steps = this.#factsOf(opener).map(judgeOpening);
    const step = strictest(steps);
    const isOnHope = this.broken === 'B5' && opener.box !== null;
    if (step.kind === 'refuse' && step.code === 'PATH_STILL_OCCUPIED' && isOnHope) opener.stage = 'record';
    else if (step.kind === 'refuse') this.#refuse(opener);
    else if (step.kind === 'open') opener.stage = 'record';
    else {
      const leftovers = opener.look?.found.filter((_found, index) => steps[index]?.kind === 'evict') ?? [];
      for (const { box } of leftovers) this.#evict(opener, box);
      opener.stage = 'find';
    }
  }

  #refuse(opener: Opener): void {
    opener.stage = 'refused';
    if (opener.box !== null) this.kill(opener.box);
  }

  #evict(opener: Opener, victim: ModelBox): void {
    const isCurrent = this.#isCurrent(victim.execution);
    const isOwn = victim.execution === opener.execution;
    if (isCurrent && !isOwn && victim.state === 'standing') {
      this.violations.push(`the box of an open run (execution ${victim.execution.number}) was evicted`);
    }
    this.kill(victim);
  }

  /** INIT writes it, which holds the lock as long as it lives. */
  #record(opener: Opener): void {
    const { box, execution, look } = opener;
    const holdsLock = box !== null && this.#lock === box;
    if (box === null || (!holdsLock && this.broken !== 'B1')) {
      opener.stage = 'refused';
      return;
    }
    const name = ACTORS[execution.actor].record;
    const before = this.#records.get(name)?.fenceNumber ?? 0;
    const fenceNumber = (look?.fenceNumber ?? 0) + 1;
    if (fenceNumber <= before) this.violations.push(`a fence number went from ${before} to ${fenceNumber}`);
    this.#records.set(name, { box, fenceNumber, isClosed: false });
    box.isRecorded = true;
    opener.stage = 'opened';
    if ((this.#lastOpened.get(execution.actor) ?? 0) > execution.number) {
      this.violations.push(`execution ${execution.number} opened a box after a newer one had`);
    }
    this.#lastOpened.set(execution.actor, execution.number);
  }

  enter(box: ModelBox): void {
    if (box.isRecorded && box.state === 'standing') box.processes += 1;
    this.#check();
  }

  /** The worker dies, the box is evicted, or INIT is killed. */
  kill(box: ModelBox): void {
    if (box.state !== 'standing') return;
    box.state = 'dying';
    if (this.#lock === box) this.#lock = null;
    if (this.broken === 'B2') box.state = 'gone';
    else if (box.processes === 0) box.state = 'gone';
  }

  /** The kernel has come to the end of a killed namespace. */
  drain(box: ModelBox): void {
    if (box.state !== 'dying') return;
    box.processes = 0;
    box.state = 'gone';
  }

  /** A run ends in its one way: box empty, record closed, then its execution closes. */
  close(box: ModelBox): void {
    if (box.state !== 'standing' || !box.isRecorded) return;
    this.#empty(box);
    box.execution.isOpen = false;
  }

  #empty(box: ModelBox): void {
    box.processes = 0;
    for (const record of this.#records.values()) if (record.box === box) record.isClosed = true;
    this.kill(box);
  }

  /** The closing that an execution has asked for reaches the worker, however late: its run may have gone on. */
  closeLate(execution: Execution): void {
    const box = this.boxes.find(({ state, isRecorded, execution: { claim: other } }) => {
      return state === 'standing' && isRecorded && other.runId === execution.claim.runId;
    });
    if (box === undefined) return;
    const isOwn = box.execution === execution;
    const isOlder = !this.isTemporalAway && this.#isCurrent(execution);
    if (!isOwn && !isOlder && this.broken !== 'B6') return;
    if (!isOwn && this.#isCurrent(box.execution)) {
      this.violations.push(
        `the box of an open run (execution ${box.execution.number}) was closed by an older one`,
      );
    }
    this.#empty(box);
  }

  #isCurrent(execution: Execution): boolean {
    return execution.isOpen && this.currentOf(execution.actor) === execution;
  }

  /** A worker ends boxes whose runs are no longer open. */
  reconcile(): void {
    if (this.isTemporalAway) return;
    for (const box of this.boxes) {
      if (!this.#isCurrent(box.execution)) this.kill(box);
    }
  }

  #check(): void {
    const living = this.boxes.filter(({ processes }) => processes > 0);
    if (living.length > 1) {
      const numbers = living.map(({ execution }) => execution.number).join(' and ');
      this.violations.push(`executions ${numbers} have living processes at once`);
    }
  }
}
