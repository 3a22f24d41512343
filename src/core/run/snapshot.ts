import type { WorkflowDefinition } from '../definition/definition.js';
import { RunError } from '../errors.js';
import type { NodeId } from '../ids.js';
import { isJsonObject } from '../json.js';
import { excerptOf } from './excerpt.js';
import { jsonBytes, outputsToMove, SHORTER_EXCERPTS, withShortExcerpt } from './output-size.js';
import { makePlan } from './plan.js';
import { progressOf } from './progress.js';
import type { NodeState, RunState } from './run-state.js';
import type { NodeOutput } from './task.js';

const VERSION = 1;

/** What a run takes along when it continues as new. Plain JSON; plan, inputs and bookkeeping are made anew. */
export interface RunSnapshot extends Omit<RunState, 'plan' | 'inputs' | 'nodes' | 'progress'> {
  readonly version: number;
  /** In the order of the definition. */
  readonly nodes: readonly CarriedNode[];
}

interface CarriedNode {
  readonly id: NodeId;
  readonly state: NodeState;
}

/**
 * @throws RunError `INTERNAL` while an attempt runs: continuing as new would abort it, and nobody would know
 */
export function toSnapshot(state: RunState): RunSnapshot {
  const { plan, nodes, startedAt, lastDecision, cancellation, abort, outcome } = state;
  if (nodes.some((node) => node.status === 'running')) {
    throw new RunError('INTERNAL', 'a run cannot continue as new while a node runs; wait until none does');
  }
  const carriedNodes = [...plan.positionOf].flatMap(([id, position]) => {
    const node = nodes[position];
    return node ? [{ id, state: node }] : [];
  });
  return { version: VERSION, nodes: carriedNodes, startedAt, lastDecision, cancellation, abort, outcome };
}

/**
 * The run that continues. Its timers did not come along: a retry that was scheduled is due again.
 * @param inputs those of the start request
 * @throws RunError `CONTRACT_TOO_NEW` · `INTERNAL` when the snapshot is of another definition
 */
export function fromSnapshot(
  definition: WorkflowDefinition,
  inputs: Readonly<Record<string, string>>,
  value: unknown,
): RunState {
  const snapshot = parseSnapshot(definition, value);
  const { startedAt, lastDecision, cancellation, abort, outcome } = snapshot;
  const plan = makePlan(definition);
  const nodes = snapshot.nodes.map(({ state }) =>
    state.status === 'retrying' ? { ...state, isScheduled: false } : state,
  );
  const progress = progressOf(plan, nodes);
  return { plan, inputs, nodes, progress, startedAt, lastDecision, cancellation, abort, outcome };
}

function parseSnapshot(definition: WorkflowDefinition, value: unknown): RunSnapshot {
  const version = isJsonObject(value) ? value['version'] : undefined;
  if (typeof version === 'number' && version > VERSION) {
    throw new RunError(
      'CONTRACT_TOO_NEW',
      `the run was carried on by a newer worker (its snapshot is version ${version}, this worker reads ${VERSION}); replace the worker with the newer version`,
    );
  }
  const snapshot = value as RunSnapshot;
  if (version !== VERSION || !fits(definition, snapshot)) {
    throw new RunError(
      'INTERNAL',
      `what the run carried along does not fit its definition '${definition.name}'; cancel the run and start it again`,
    );
  }
  return snapshot;
}

function fits(definition: WorkflowDefinition, { nodes }: Partial<RunSnapshot>): boolean {
  return (
    nodes?.length === definition.nodes.length &&
    nodes.every(({ id }, position) => id === definition.nodes[position]?.id)
  );
}

/**
 * Nodes whose outputs must move to files before the snapshot fits, the largest first. Empty: it fits, or
 * nothing more can move.
 */
export function largestInlineOutputs(snapshot: RunSnapshot, limitBytes: number): readonly NodeId[] {
  const outputs = snapshot.nodes.flatMap(({ id, state }) =>
    hasOutput(state) ? [{ nodeId: id, output: state.output }] : [],
  );
  return outputsToMove(outputs, jsonBytes(snapshot) - limitBytes);
}

/** The same run with some outputs in other places: what `largestInlineOutputs` named, moved to files. */
export function withOutputs(state: RunState, outputs: Readonly<Record<NodeId, NodeOutput>>): RunState {
  const nodes = [...state.nodes];
  for (const [nodeId, output] of Object.entries(outputs)) {
    const position = state.plan.positionOf.get(nodeId as NodeId) ?? -1;
    const node = nodes[position];
    if (node && hasOutput(node)) nodes[position] = { ...node, output };
  }
  return { ...state, nodes };
}

/**
 * The snapshot with what is only shown to people (excerpts of outputs in files, messages of failures) as
 * short as the limit asks. For a run of very many nodes, once its outputs have moved to files.
 */
export function shortened(snapshot: RunSnapshot, limitBytes: number): RunSnapshot {
  let current = snapshot;
  for (const characters of SHORTER_EXCERPTS) {
    if (jsonBytes(current) <= limitBytes) break;
    const nodes = snapshot.nodes.map(({ id, state }) => ({ id, state: withShortTexts(state, characters) }));
    current = { ...snapshot, nodes };
  }
  return current;
}

function withShortTexts(node: NodeState, characters: number): NodeState {
  if (node.status === 'failed') {
    const message = excerptOf(node.failure.message, characters);
    return { ...node, failure: { ...node.failure, message } };
  }
  return hasOutput(node) ? { ...node, output: withShortExcerpt(node.output, characters) } : node;
}

function hasOutput(node: NodeState): node is Extract<NodeState, { readonly output: NodeOutput }> {
  return 'output' in node;
}
