import type { WorkflowDefinition } from '../../../src/core/definition/definition.js';
import { RunError } from '../../../src/core/errors.js';
import { substitute } from '../../../src/core/expression/substitute.js';
import type { NodeId } from '../../../src/core/ids.js';
import { decide } from '../../../src/core/run/decide.js';
import { evolve, initialState } from '../../../src/core/run/evolve.js';
import { mustStopAttempts } from '../../../src/core/run/run-status.js';
import type { Action, GateAnswer, RunEvent, RunState } from '../../../src/core/run/run-state.js';
import { scopeFor } from '../../../src/core/run/scope-for.js';
import type { AttemptResult, NodeFailure } from '../../../src/core/run/task.js';
import { aFailure, anOutput } from '../../support/builders.js';

/** What a simulated run meets. Everything about a node depends on its name alone, never on time. */
export interface World {
  readonly inputs: Readonly<Record<string, string>>;
  /** `completed`: the output is the node's script with its references filled in. */
  readonly attempt: (nodeId: NodeId, attempt: number) => 'completed' | NodeFailure;
  readonly answer: (nodeId: NodeId) => GateAnswer | 'timeout';
  /** Which of several things that could happen next does: 0 ≤ result < count. */
  readonly next: (count: number) => number;
  /** Events from outside, by the number of events before them. */
  readonly interventions: ReadonlyMap<number, RunEvent>;
}

export const calmWorld: World = {
  inputs: {},
  attempt: () => 'completed',
  answer: () => ({ decision: 'approve', text: null, by: 'me' }),
  next: () => 0,
  interventions: new Map(),
};

export interface Step {
  readonly event: RunEvent;
  readonly before: RunState;
  readonly after: RunState;
}

export interface Story {
  readonly state: RunState;
  readonly steps: readonly Step[];
  readonly actions: readonly Action[];
}

type Happening = { readonly isAttempt: boolean; readonly nodeId: NodeId; readonly happen: () => void };

/** Time of the nth event. */
const at = (count: number): string => new Date(Date.UTC(2026, 10, 22, 9, 0, 0, count)).toISOString();

/** Drives a run to its end as the workflow does. @throws when it hangs: nothing to do, nothing to wait for */
export function simulate(definition: WorkflowDefinition, world: Partial<World> = {}, from?: RunState): Story {
  return new Simulation(definition, { ...calmWorld, ...world }, from).run();
}

class Simulation {
  private state: RunState;
  private readonly steps: Step[] = [];
  private readonly actions: Action[] = [];
  private readonly pending: Happening[] = [];

  constructor(
    private readonly definition: WorkflowDefinition,
    private readonly world: World,
    from?: RunState,
  ) {
    this.state = from ?? initialState(definition, world.inputs);
  }

  run(): Story {
    this.apply({ type: 'runStarted', at: at(0) });
    for (const nodeId of this.openGates()) this.awaitAnswer(nodeId);
    while (this.state.outcome === null) {
      this.intervene();
      const actions = decide(this.definition, this.state);
      this.actions.push(...actions);
      for (const action of actions) this.begin(action);
      if (actions.length === 0) this.letSomethingHappen();
    }
    return { state: this.state, steps: this.steps, actions: this.actions };
  }

  private begin(action: Action): void {
    switch (action.type) {
      case 'keepNode':
        this.apply({ ...action, type: 'nodeKept', at: this.now() });
        return;
      case 'startNode':
        this.start(action.nodeId, action.attempt);
        return;
      case 'scheduleRetry': {
        const { nodeId, attempt } = action;
        this.apply({ type: 'retryScheduled', nodeId, attempt, at: this.now() });
        this.pending.push({ isAttempt: false, nodeId, happen: () => this.start(nodeId, attempt) });
        return;
      }
      case 'openGate':
        this.apply({ ...action, type: 'gateOpened', at: this.now() });
        this.awaitAnswer(action.nodeId);
        return;
      case 'skipNode':
        this.apply({ ...action, type: 'nodeSkipped', at: this.now() });
        return;
      case 'refuseNode':
        this.apply({ ...action, type: 'nodeRefused', at: this.now() });
        return;
      case 'cancelRun':
        this.apply({ ...action, type: 'cancelRequested', at: this.now() });
        return;
      case 'finish':
        this.apply({ ...action, type: 'runFinished', at: this.now() });
    }
  }

  private start(nodeId: NodeId, attempt: number): void {
    if (!this.apply({ type: 'nodeStarted', nodeId, attempt, at: this.now() })) return;
    const result = this.resultOf(nodeId, attempt);
    this.pending.push({ isAttempt: true, nodeId, happen: () => this.end(nodeId, attempt, result) });
  }

  private end(nodeId: NodeId, attempt: number, result: AttemptResult): void {
    const ended = { nodeId, attempt, durationMs: result.durationMs, at: this.now() };
    if (mustStopAttempts(this.definition, this.state)) {
      const failure = { code: 'RUN_CANCELLED', message: 'stopped' } as const;
      this.apply({ type: 'attemptFailed', ...ended, failure });
    } else if (result.kind === 'completed') {
      this.apply({ type: 'nodeCompleted', ...ended, output: result.output });
    } else {
      this.apply({ type: 'attemptFailed', ...ended, failure: result.failure });
    }
  }

  private resultOf(nodeId: NodeId, attempt: number): AttemptResult {
    const durationMs = 5;
    const node = this.definition.nodes.find(({ id }) => id === nodeId)!;
    const text = node.kind === 'bash' && node.script.kind === 'inline' ? node.script.text : '';
    const said = this.world.attempt(nodeId, attempt);
    if (said !== 'completed') return { kind: 'failed', failure: said, durationMs };
    try {
      const scope = scopeFor(this.definition, this.state, { node, references: node.references }, {});
      const output = anOutput(substitute(text, 'message', scope), node.fieldsRead);
      return { kind: 'completed', output, stderr: '', durationMs };
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      return { kind: 'failed', failure: aFailure({ code: error.code, message: error.message }), durationMs };
    }
  }

  private awaitAnswer(nodeId: NodeId): void {
    const answer = this.world.answer(nodeId);
    this.pending.push({
      isAttempt: false,
      nodeId,
      happen: () =>
        void this.apply(
          answer === 'timeout'
            ? { type: 'gateTimedOut', nodeId, at: this.now() }
            : { type: 'gateDecided', nodeId, answer, at: this.now() },
        ),
    });
  }

  private openGates(): readonly NodeId[] {
    return this.definition.nodes
      .filter((_, position) => this.state.nodes[position]?.status === 'waiting')
      .map(({ id }) => id);
  }

  private intervene(): void {
    const event = this.world.interventions.get(this.steps.length);
    if (event) this.apply(event);
  }

  private letSomethingHappen(): void {
    if (this.state.outcome !== null) return;
    if (this.pending.length === 0) throw new Error(`the run hangs: ${JSON.stringify(this.state.nodes)}`);
    const [happening] = this.pending.splice(this.world.next(this.pending.length), 1);
    happening!.happen();
  }

  /** @returns whether the event was taken */
  private apply(event: RunEvent): boolean {
    const before = this.state;
    this.state = evolve(this.definition, before, event);
    if (this.state === before) return false;
    this.steps.push({ event, before, after: this.state });
    return true;
  }

  private now(): string {
    return at(this.steps.length);
  }
}

/** How every node ended, by name. */
export function endings(definition: WorkflowDefinition, state: RunState): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    definition.nodes.map(({ id }, position) => {
      const node = state.nodes[position]!;
      return [id, node.status === 'completed' ? { status: node.status, output: node.output } : node];
    }),
  );
}

/** Freezes everything that can be reached, so that a mutation throws. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
  return value;
}
