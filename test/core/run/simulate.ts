import type { AgentNode, Graph, Node, WorkflowDefinition } from '../../../src/core/definition/definition.js';
import { RunError } from '../../../src/core/errors.js';
import { substitute } from '../../../src/core/expression/substitute.js';
import type { NodeId } from '../../../src/core/ids.js';
import { levelAt, type Level } from '../../../src/core/run/level.js';
import { turnWords } from '../../../src/core/run/loop-words.js';
import { inside, toldFrom, type Place } from '../../../src/core/run/place.js';
import { decide } from '../../../src/core/run/decide.js';
import { evolve, initialState } from '../../../src/core/run/evolve.js';
import { mustStopAttempts, waitingGates } from '../../../src/core/run/run-status.js';
import type { Action, GateAnswer, NodeState, RunEvent, RunState } from '../../../src/core/run/run-state.js';
import { scopeFor } from '../../../src/core/run/scope-for.js';
import { sessionFor } from '../../../src/core/run/session.js';
import { bodyOf, isLoop, isLooper } from '../../../src/core/run/turns.js';
import type { AttemptResult, NodeFailure } from '../../../src/core/run/task.js';
import { aFailure, anOutput } from '../../support/builders.js';

/**
 * What a simulated run meets. Everything about a node depends on its name alone, never on time; one in the body of a
 * loop group is called by group and iteration, too: `g.2.b`.
 */
export interface World {
  readonly inputs: Readonly<Record<string, string>>;
  /** `completed`: the output is the node's script with its references filled in. */
  readonly attempt: (nodeId: NodeId, attempt: number) => 'completed' | NodeFailure;
  /** `mayMend`: the gate would have what is rejected mended. */
  readonly answer: (nodeId: NodeId, mayMend: boolean) => GateAnswer | 'timeout';
  /** What `until_bash` says after an iteration: `g.2`. */
  readonly check: (nodeId: NodeId) => boolean | NodeFailure;
  /** Which of several things that could happen next does: 0 ≤ result < count. */
  readonly next: (count: number) => number;
  /** Events from outside, by the number of events before them. */
  readonly interventions: ReadonlyMap<number, RunEvent>;
}

const APPROVAL: GateAnswer = { decision: 'approve', text: null, by: 'me' };

export const calmWorld: World = {
  inputs: {},
  attempt: () => 'completed',
  answer: () => APPROVAL,
  check: () => true,
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

type Happening = () => void;

const called = (place: Place, nodeId: NodeId): NodeId =>
  [...place.flatMap((step) => [step.nodeId, step.iteration]), nodeId].join('.') as NodeId;

const TIMES = { durationMs: 5, totalMs: 5 } as const;

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
    for (const { node, place } of waitingGates(this.definition, this.state)) this.awaitAnswer(node.id, place);
    while (this.state.outcome === null) {
      this.intervene();
      const actions = decide(this.definition, this.state);
      this.actions.push(...actions);
      for (const action of actions) this.begin(action);
      if (actions.length === 0) this.letSomethingHappen();
    }
    return { state: this.state, steps: this.steps, actions: this.actions };
  }

  private begin(action: Action, place: Place = []): void {
    const at = this.now();
    switch (action.type) {
      case 'inBody':
        this.begin(action.action, inside(place, action));
        return;
      case 'startNode':
        this.start(action.nodeId, action.attempt, place);
        return;
      case 'scheduleRetry': {
        const { nodeId, attempt } = action;
        this.tell(place, { type: 'retryScheduled', nodeId, attempt, at });
        this.pending.push(() => this.start(nodeId, attempt, place));
        return;
      }
      case 'openGate':
        this.tell(place, { ...action, type: 'gateOpened', at });
        this.awaitAnswer(action.nodeId, place);
        return;
      case 'checkIteration':
        this.check(action, place);
        return;
      default:
        this.tell(place, toldAtOnce(action, at));
    }
  }

  private start(nodeId: NodeId, attempt: number, place: Place): void {
    if (!this.tell(place, { type: 'nodeStarted', nodeId, attempt, at: this.now() })) return;
    const result = this.resultOf(nodeId, attempt, place);
    this.pending.push(() => this.end(nodeId, attempt, { place, result }));
  }

  private end(
    nodeId: NodeId,
    attempt: number,
    { place, result }: { readonly place: Place; readonly result: AttemptResult & { session?: string } },
  ): void {
    const ended = { nodeId, attempt, durationMs: result.durationMs, at: this.now() };
    if (mustStopAttempts(this.definition, this.state)) {
      const failure = { code: 'RUN_CANCELLED', message: 'stopped' } as const;
      this.tell(place, { type: 'attemptFailed', ...ended, failure });
    } else if (result.kind === 'completed') {
      const session = 'session' in result ? { session: result.session } : {};
      this.tell(place, { type: 'nodeCompleted', ...ended, output: result.output, ...session });
    } else {
      this.tell(place, { type: 'attemptFailed', ...ended, failure: result.failure });
    }
  }

  private check(action: Extract<Action, { type: 'checkIteration' }>, place: Place): void {
    const { nodeId, iteration } = action;
    this.tell(place, { type: 'checkStarted', nodeId, iteration, at: this.now() });
    const said = this.world.check(called(place, `${nodeId}.${iteration}` as NodeId));
    this.pending.push(() => {
      const about = { nodeId, iteration, ...TIMES, at: this.now() };
      if (typeof said === 'boolean') this.tell(place, { type: 'iterationEnded', isMet: said, ...about });
      else this.tell(place, { type: 'iterationFailed', failure: said, ...about });
    });
  }

  private resultOf(nodeId: NodeId, attempt: number, place: Place): AttemptResult & { session?: string } {
    const durationMs = 5;
    const level = levelAt(this.definition, this.state, place)!;
    const node = level.graph.nodes.find(({ id }) => id === nodeId)!;
    const said = this.world.attempt(called(place, nodeId), attempt);
    if (said !== 'completed') return { kind: 'failed', failure: said, durationMs };
    try {
      const { text, surface } = templateOf(node);
      const scope = scopeFor(level, node, turnWords(level));
      const output = anOutput(substitute(text, surface, scope), node.fieldsRead);
      const session = node.kind === 'agent' ? { session: sessionAfter(level, node, { attempt, place }) } : {};
      return { kind: 'completed', output, stderr: '', durationMs, ...session };
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      return { kind: 'failed', failure: aFailure({ code: error.code, message: error.message }), durationMs };
    }
  }

  private awaitAnswer(nodeId: NodeId, place: Place): void {
    const { graph, state } = levelAt(this.definition, this.state, place)!;
    const position = state.plan.positionOf.get(nodeId)!;
    const [node, gate] = [graph.nodes[position]!, state.nodes[position]!];
    const said = this.world.answer(called(place, nodeId), mayMend(node, gate));
    const isLoopGate = isLoop(node);
    // The gate of a loop waits for ever.
    const answer = said === 'timeout' && isLoopGate ? APPROVAL : said;
    this.pending.push(
      () =>
        void this.tell(
          place,
          answer === 'timeout'
            ? { type: 'gateTimedOut', nodeId, at: this.now() }
            : { type: 'gateDecided', nodeId, answer, at: this.now() },
        ),
    );
  }

  private intervene(): void {
    const event = this.world.interventions.get(this.steps.length);
    if (event) this.apply(event);
  }

  private letSomethingHappen(): void {
    if (this.state.outcome !== null) return;
    if (this.pending.length === 0) throw new Error(`the run hangs: ${JSON.stringify(this.state.nodes)}`);
    const [happening] = this.pending.splice(this.world.next(this.pending.length), 1);
    happening!();
  }

  /** @returns whether the event was taken */
  private tell(place: Place, event: RunEvent): boolean {
    return this.apply(toldFrom(place, event));
  }

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

function mayMend(node: Node, gate: NodeState): boolean {
  if (node.kind !== 'approval' || gate.status !== 'waiting') return false;
  return (gate.rejections ?? 0) + 1 < (node.onReject?.maxAttempts ?? 0);
}

/** What a node's work is made of. */
function templateOf(node: Node): { readonly text: string; readonly surface: 'message' | 'prompt' } {
  const text = node.kind === 'bash' ? node.script : node.kind === 'agent' ? node.prompt.text : null;
  const surface = node.kind === 'agent' ? 'prompt' : 'message';
  return { text: text?.kind === 'inline' ? text.text : '', surface };
}

/** Like a provider that knows its conversations by where they began. */
function sessionAfter(
  level: Level,
  node: AgentNode,
  { attempt, place }: { readonly attempt: number; readonly place: Place },
): string {
  const session = sessionFor(level, node, attempt);
  if (session.kind === 'continued') return session.id;
  const own = `${called(place, node.id)}#${attempt}`;
  return session.kind === 'fresh' ? own : `${session.id} > ${own}`;
}

/** The event of an action for which nothing is asked of the world. */
function toldAtOnce(action: Action, at: string): RunEvent {
  switch (action.type) {
    case 'keepNode':
      return { ...action, type: 'nodeKept', at };
    case 'resetNode':
      return { ...action, type: 'nodeReset', at };
    case 'skipNode':
      return { ...action, type: 'nodeSkipped', at };
    case 'refuseNode':
      return { ...action, type: 'nodeRefused', at };
    case 'startIteration':
      return { ...action, type: 'iterationStarted', at };
    case 'endIteration':
      return { ...action, type: 'iterationEnded', ...TIMES, at };
    case 'failIteration':
      return { ...action, type: 'iterationFailed', ...TIMES, at };
    case 'cancelRun':
      return { ...action, type: 'cancelRequested', at };
    case 'finish':
      return { ...action, type: 'runFinished', at };
    default:
      throw new Error(`no simulation of ${action.type}`);
  }
}

/** An action told from all others that are ever due in a run. */
export function nameOf(action: Action): string {
  const { type } = action;
  const about = 'nodeId' in action ? [action.nodeId] : [];
  const count = 'attempt' in action ? [action.attempt] : 'iteration' in action ? [action.iteration] : [];
  const rest = action.type === 'inBody' ? [nameOf(action.action)] : [];
  return [type, ...about, ...count, ...rest].join(' ');
}

/** A step as the body sees it in which it was made, at the run's own level if it was made there. */
export function innermost(definition: Graph, step: Step): Step & { readonly graph: Graph } {
  const { event, before, after } = step;
  if (event.type !== 'inBody') return { ...step, graph: definition };
  const position = before.plan.positionOf.get(event.nodeId)!;
  const [group, was, is] = [definition.nodes[position]!, before.nodes[position]!, after.nodes[position]!];
  if (!isLooper(group) || was.status !== 'looping' || is.status !== 'looping') {
    return { ...step, graph: definition };
  }
  return innermost(bodyOf(group), { event: event.event, before: was.body, after: is.body });
}

/** The gate of a loop opens while it is at work, not in its turn; so does one that asks again. */
export function isLoopGate(before: RunState, event: RunEvent): boolean {
  if (!('nodeId' in event)) return false;
  return before.nodes[before.plan.positionOf.get(event.nodeId) ?? -1]?.status === 'looping';
}

/** The state of a run and of every body in it that is at work. */
export function statesIn(state: RunState): readonly RunState[] {
  return [state, ...state.nodes.flatMap((node) => (node.status === 'looping' ? statesIn(node.body) : []))];
}

export function isAtWork({ nodes }: RunState): boolean {
  return nodes.some(
    (node) => node.status === 'running' || (node.status === 'looping' && node.phase.kind === 'checking'),
  );
}

/** How every node ended, by name. */
export function endings(definition: WorkflowDefinition, state: RunState): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    definition.nodes.map(({ id }, position): [string, unknown] => {
      const node = state.nodes[position]!;
      if (node.status !== 'completed') return [id, node];
      const { status, output, session } = node;
      return [id, { status, output, session }];
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
