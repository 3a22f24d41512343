import type { Node, SubrunNode, WorkflowDefinition } from '../definition/definition.js';
import { RunError } from '../errors.js';
import type { NodeId } from '../ids.js';
import { decide } from '../run/decide.js';
import { evolve, initialState } from '../run/evolve.js';
import { findNode, levelAt, type Level } from '../run/level.js';
import { inside, nameAt, toldFrom, type Place } from '../run/place.js';
import type { Action, NodeState, RunEvent, RunState } from '../run/run-state.js';
import type { ChildEnd, ChildPlan } from '../subrun/subruns.js';
import { attempt, type Actors, type Attempted } from './attempt.js';
import { answerFor } from './gate-stub.js';
import { playSubruns } from './play-subruns.js';
import { endOf, reasonOf, textOf } from './run-end.js';
import type { StubValue } from './stub-value.js';
import type { DryRun, TraceEntry } from './trace.js';
import { asPlanned, isWork, nodeType } from './work.js';

/** What a dry run is given besides the definition. */
export interface DryRunOptions extends Omit<Actors, 'stubFor'> {
  /** By name, defaults filled in. */
  readonly inputs: Readonly<Record<string, string>>;
  /**
   * By node id; also by `group.node` for one in the body of a loop group, and by either behind `workflow/`: the
   * most exact goes first.
   */
  readonly stubs: Readonly<Record<string, StubValue>>;
  readonly pausesAtGates: boolean;
  /** What a sub-run runs; null: it is not known, so that its node needs a stub. */
  readonly library: (target: string) => WorkflowDefinition | null;
}

/** What a dry run and those of its sub-runs write down together. */
interface Ledger {
  readonly trace: TraceEntry[];
  readonly missing: Set<string>;
  readonly used: Set<string>;
}

/** Whose sub-run it is. */
interface Kinship {
  /** Names of the workflows above it, from the root's. */
  readonly ancestry: readonly string[];
  /** Null: it is no item of a list. */
  readonly item: number | null;
}

const NOBODYS: Kinship = { ancestry: [], item: null };

/** A dry run has no clock. */
const AT = '1970-01-01T00:00:00.000Z';

type Of<Type extends Action['type']> = Extract<Action, { readonly type: Type }>;

/**
 * Goes through a definition as a run would, by the same planner, without Temporal, tables or processes: stubs play
 * what is work, people approve, delays are none, and what only a host could find out of a loop is taken as met.
 * @throws RunError `USAGE` a stub that its gate does not understand
 */
export async function simulate(definition: WorkflowDefinition, options: DryRunOptions): Promise<DryRun> {
  const simulation = new Simulation(definition, options);
  await simulation.run();
  return simulation.tell();
}

class Simulation {
  /** What the planner is given. */
  private readonly planned: WorkflowDefinition;
  private state: RunState;

  constructor(
    private readonly definition: WorkflowDefinition,
    private readonly options: DryRunOptions,
    private readonly ledger: Ledger = { trace: [], missing: new Set(), used: new Set() },
    private readonly kinship = NOBODYS,
  ) {
    this.planned = asPlanned(definition);
    this.state = initialState(this.planned, options.inputs);
  }

  async run(): Promise<void> {
    this.apply([], { type: 'runStarted', at: AT });
    for (;;) {
      const actions = decide(this.planned, this.state);
      if (actions.length === 0) return;
      for (const action of actions) await this.begin([], action);
    }
  }

  tell(): DryRun {
    const { outcome } = this.state;
    const result = outcome?.status === 'completed' ? outcome.result : null;
    return {
      workflow: this.definition.name,
      outcome: outcome?.status ?? 'paused',
      trace: this.ledger.trace,
      missingStubs: [...this.ledger.missing].sort(),
      unusedStubs: Object.keys(this.options.stubs)
        .filter((id) => !this.ledger.used.has(id))
        .sort(),
      summary: result === null ? null : textOf(result),
      reason: reasonOf(this.state),
    };
  }

  private async begin(place: Place, action: Action): Promise<void> {
    if (action.type === 'inBody') return this.begin(inside(place, action), action.action);
    if (action.type === 'startNode') return this.attempt(place, action.nodeId, action.attempt);
    if (action.type === 'scheduleRetry') {
      const { nodeId, attempt: coming } = action;
      this.apply(place, { type: 'retryScheduled', nodeId, attempt: coming, at: AT });
      return this.attempt(place, nodeId, coming);
    }
    this.act(place, action);
  }

  private act(place: Place, action: Action): void {
    switch (action.type) {
      case 'openGate':
        this.openGate(place, action);
        return;
      case 'skipNode':
        this.apply(place, { ...action, type: 'nodeSkipped', at: AT });
        this.note(place, action.nodeId, { state: 'skipped', reason: skipReason(action) });
        return;
      case 'refuseNode':
        this.apply(place, { ...action, type: 'nodeRefused', at: AT });
        this.note(place, action.nodeId, { state: 'failed', reason: action.failure.message });
        return;
      case 'cancelRun':
        this.cancel(place, action);
        return;
      case 'keepNode':
        this.apply(place, { ...action, type: 'nodeKept', at: AT });
        return;
      case 'finish':
        this.apply(place, { ...action, type: 'runFinished', at: AT });
        return;
      default:
        this.loop(place, action);
    }
  }

  /** What a loop group does between two runs of its body. */
  private loop(place: Place, action: Action): void {
    switch (action.type) {
      case 'startIteration':
        this.apply(place, { ...action, type: 'iterationStarted', at: AT });
        return;
      case 'checkIteration':
        this.apply(place, { ...action, type: 'checkStarted', at: AT });
        this.endIteration(place, { ...action, type: 'endIteration', isMet: true });
        return;
      case 'endIteration':
        this.endIteration(place, action);
        return;
      case 'failIteration':
        this.apply(place, { ...action, type: 'iterationFailed', durationMs: 0, totalMs: 0, at: AT });
        this.noteGroup(place, action.nodeId);
        return;
      default:
        // To the planner sub-runs are work like any other (`asPlanned`).
        throw new RunError('INTERNAL', `a dry run comes to no ${action.type}`);
    }
  }

  private async attempt(place: Place, nodeId: NodeId, count: number): Promise<void> {
    const node = this.nodeAt(place, nodeId);
    if (!isWork(node)) throw new RunError('INTERNAL', `node '${nodeId}' is no work`);
    this.apply(place, { type: 'nodeStarted', nodeId, attempt: count, at: AT });
    const stub = this.stubAt(place, nodeId);
    const target = node.kind === 'workflow' && stub === undefined ? this.options.library(node.target) : null;
    if (node.kind === 'workflow' && target !== null) return this.delegate(place, node, target);
    const attempted = await attempt(node, this.levelOf(place), {
      ...this.options,
      stubFor: () => stub,
    });
    if (attempted.how === 'no stub') this.ledger.missing.add(this.nameOf(place, nodeId));
    const ended = { nodeId, attempt: count, durationMs: 0, at: AT };
    const { end } = attempted;
    if (end.kind === 'completed') {
      this.apply(place, { type: 'nodeCompleted', ...ended, output: end.output });
    } else {
      this.apply(place, { type: 'attemptFailed', ...ended, failure: end.failure });
    }
    this.note(place, nodeId, toldOf(attempted));
  }

  private async delegate(place: Place, node: SubrunNode, target: WorkflowDefinition): Promise<void> {
    const ancestry = [...this.kinship.ancestry, this.definition.name];
    const { variables } = this.options;
    const played = await playSubruns(node, target, this.levelOf(place), {
      ancestry,
      variables,
      play: (plan, item) => this.playChild(target, plan, { ancestry, item }),
    });
    const nodeId = node.id;
    const ended = { nodeId, attempt: 1, durationMs: 0, at: AT };
    if (played.kind === 'completed') {
      const { output, count } = played;
      this.apply(place, { type: 'nodeCompleted', ...ended, output });
      const reason = `ran '${target.name}'${node.fanOut === null ? '' : ` for ${count} item(s)`}`;
      this.note(place, nodeId, { state: 'completed', reason, output: textOf(output) });
    } else if (played.kind === 'failed') {
      this.apply(place, { type: 'attemptFailed', ...ended, failure: played.failure });
      this.note(place, nodeId, { state: 'failed', reason: played.failure.message });
    } else this.note(place, nodeId, { state: 'paused', reason: 'a sub-run waits for a person' });
  }

  private async playChild(
    target: WorkflowDefinition,
    { message, inputs }: ChildPlan,
    kinship: Kinship,
  ): Promise<ChildEnd | null> {
    const variables = { ...this.options.variables, USER_MESSAGE: message, ARGUMENTS: message };
    const child = new Simulation(target, { ...this.options, inputs, variables }, this.ledger, kinship);
    await child.run();
    return endOf(child.state);
  }

  private openGate(place: Place, { nodeId, message }: Of<'openGate'>): void {
    const node = this.nodeAt(place, nodeId);
    this.apply(place, { type: 'gateOpened', nodeId, message, at: AT });
    const shown = { resolvedText: message };
    if (this.options.pausesAtGates || (node.kind !== 'approval' && node.kind !== 'loop_group')) {
      this.note(place, nodeId, { state: 'paused', reason: 'waits for a person', ...shown });
      return;
    }
    const answer = answerFor(node, this.stubAt(place, nodeId));
    this.apply(place, { type: 'gateDecided', nodeId, answer, at: AT });
    const after = this.stateOf(place, nodeId);
    const output = after?.status === 'completed' ? { output: textOf(after.output) } : {};
    this.note(place, nodeId, {
      state: 'completed',
      reason: `decided: ${answer.decision}`,
      ...shown,
      ...output,
    });
    if (node.kind === 'loop_group') this.noteGroup(place, nodeId);
  }

  private cancel(place: Place, { cancellation }: Of<'cancelRun'>): void {
    this.apply(place, { type: 'cancelRequested', cancellation, at: AT });
    if (cancellation.nodeId === null) return;
    const reason = `the run is cancelled: ${cancellation.reason ?? ''}`;
    this.note(place, cancellation.nodeId, { state: 'completed', reason });
  }

  private endIteration(place: Place, action: Of<'endIteration'>): void {
    this.apply(place, { ...action, type: 'iterationEnded', durationMs: 0, totalMs: 0, at: AT });
    this.noteGroup(place, action.nodeId);
  }

  /** A loop group that is over. */
  private noteGroup(place: Place, nodeId: NodeId): void {
    const group = this.stateOf(place, nodeId);
    if (group?.status === 'failed') {
      this.note(place, nodeId, { state: 'failed', reason: group.failure.message });
    }
    if (group?.status !== 'completed') return;
    const reason = `done after ${group.attempt} iteration(s)`;
    this.note(place, nodeId, { state: 'completed', reason, output: textOf(group.output) });
  }

  private note(
    place: Place,
    nodeId: NodeId,
    entry: Omit<TraceEntry, 'nodeId' | 'nodeType' | 'iteration' | 'item'>,
  ): void {
    const node = this.nodeAt(place, nodeId);
    const iteration = place.at(-1)?.iteration;
    const { item } = this.kinship;
    const named = { nodeId: this.nameOf(place, nodeId), nodeType: nodeType(node), ...entry };
    const which = { ...(iteration !== undefined && { iteration }), ...(item !== null && { item }) };
    this.ledger.trace.push({ ...named, ...which });
  }

  private stubAt(place: Place, nodeId: NodeId): StubValue | undefined {
    const { stubs } = this.options;
    const inRun = nameAt(place, nodeId);
    const names = [`${this.definition.name}/${inRun}`, inRun, nodeId];
    const name = names.find((one) => Object.hasOwn(stubs, one));
    if (name === undefined) return undefined;
    this.ledger.used.add(name);
    return stubs[name];
  }

  private nameOf(place: Place, nodeId: NodeId): string {
    const name = nameAt(place, nodeId);
    return this.kinship.ancestry.length === 0 ? name : `${this.definition.name}/${name}`;
  }

  private nodeAt(place: Place, nodeId: NodeId): Node {
    const node = findNode(this.definition, nameAt(place, nodeId));
    if (node === null) throw new RunError('INTERNAL', `there is no node '${nameAt(place, nodeId)}'`);
    return node;
  }

  private levelOf(place: Place): Level {
    const level = levelAt(this.planned, this.state, place);
    if (level === null) throw new RunError('INTERNAL', `the iteration of ${JSON.stringify(place)} is over`);
    return level;
  }

  private stateOf(place: Place, nodeId: NodeId): NodeState | undefined {
    const { state } = this.levelOf(place);
    return state.nodes[state.plan.positionOf.get(nodeId) ?? -1];
  }

  private apply(place: Place, event: RunEvent): void {
    this.state = evolve(this.planned, this.state, toldFrom(place, event));
  }
}

function toldOf({
  text,
  how,
  end,
}: Attempted): Omit<TraceEntry, 'nodeId' | 'nodeType' | 'iteration' | 'item'> {
  const resolved = text === null ? {} : { resolvedText: text };
  return end.kind === 'completed'
    ? { state: 'completed', reason: how, ...resolved, output: textOf(end.output) }
    : { state: 'failed', reason: end.failure.message, ...resolved };
}

function skipReason({ reason, expression }: Of<'skipNode'>): string {
  return expression === null ? reason : `${reason}: ${expression}`;
}
